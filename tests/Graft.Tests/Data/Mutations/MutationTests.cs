using System.Globalization;

namespace Graft.Tests.Data.Mutations;

/// <summary>
/// Whatever happens to a file, the doors answer it with a reading whose counts add up, or with a refusal: never with another exception, and
/// no row goes missing in silence. GRAFT_MUTATIONS says how many (500).
/// </summary>
public sealed class MutationTests : DataFolder
{
    private const int Usual = 500;

    [Fact]
    public void EveryGoodFileIsReadWhole() => Assert.All(MutatedFiles.Good, file =>
    {
        string path = Write(file.Name, file.Content);
        Graft.Data.Interpretation read = Graft.Data.Checks.TaskDataCheck.Run(new() { Task = file.Task, Train = path }).Files[0];
        Assert.True(read.Rows > 0 && read.LeftOut.All(row => row.LacksLabel), $"{file.Name}: {read.Describe()}");
    });

    [Fact]
    public void AMutatedFileIsReadWithTrueCountsOrRefused()
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("GRAFT_MUTATIONS"), CultureInfo.InvariantCulture, out int asked)
            ? asked
            : Usual;
        string folder = Path.GetDirectoryName(PathOf("x"))!;
        string[] faults = [.. Enumerable.Range(0, count).Select(seed => MutatedFiles.Fault(seed, folder)).OfType<string>().Take(5)];
        Assert.True(faults.Length == 0, string.Join("\n\n", faults));
    }
}
