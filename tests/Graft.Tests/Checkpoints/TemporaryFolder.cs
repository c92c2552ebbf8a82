namespace Graft.Tests.Checkpoints;

/// <summary>A folder of its own for one test, removed afterwards.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("graft-test-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string[] Files() =>
        Directory.GetFileSystemEntries(
            Path,
            "*",
            new EnumerationOptions { AttributesToSkip = FileAttributes.None, RecurseSubdirectories = true }
        );

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
