namespace Graft.Testing;

/// <summary>
/// Tests that build projects of the tree write to the same folders: one at a time, whatever process they run in. Dispose it when the build
/// has ended.
/// </summary>
internal sealed class TreeBuild : IDisposable
{
    private const int PatienceMinutes = 30;
    private readonly FileStream _lock;

    private TreeBuild(FileStream file) => _lock = file;

    /// <summary>Waits until no other test builds.</summary>
    /// <exception cref="TimeoutException">Another one has built for half an hour.</exception>
    public static TreeBuild Begin()
    {
        string path = Path.Combine(TestData.Root, "artifacts", "tree-build.lock");
        for (DateTime end = DateTime.UtcNow.AddMinutes(PatienceMinutes); DateTime.UtcNow < end; Thread.Sleep(200))
        {
            try
            {
                return new TreeBuild(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException)
            {
                // Another test holds it.
            }
        }

        throw new TimeoutException(
            $"another test has built in the tree for {PatienceMinutes} minutes: is {path} held by a process that hangs?"
        );
    }

    public void Dispose() => _lock.Dispose();
}
