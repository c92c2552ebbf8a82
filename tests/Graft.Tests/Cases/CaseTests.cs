namespace Graft.Tests.Cases;

/// <summary>
/// Files and model folders as people have them, and what Graft makes of them: the cases below <c>Fixtures/cases</c>, and the whole of
/// <c>../shared/cases</c> where it is there. GRAFT_CASE=name runs one.
/// </summary>
public sealed class CaseTests
{
    // Cases that wait for work which has not landed; a name leaves this list with the commit that makes it pass.
    private static readonly HashSet<string> s_waiting = new(StringComparer.Ordinal)
    {
    };

    /// <value>Set and name of each case that belongs to this project.</value>
    public static TheoryData<string, string> Own => Cases(TestData.Fixture("cases"), "data", "models");

    /// <value>Set and name of each case of this project that trains a model.</value>
    public static TheoryData<string, string> Training => Cases(TestData.Fixture("cases"), "training");

    /// <value>Set and name of each case beside the repository.</value>
    public static TheoryData<string, string> Shared => Cases(SharedCases, "data", "models");

    private static string SharedCases => Path.Combine(TestData.Root, "..", "shared", "cases");

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Own))]
    public void TheCaseIsAsItShouldBe(string set, string name) => Holds(Path.Combine(TestData.Fixture("cases"), set, name));

    [Theory(SkipTestWithoutData = true)]
    [Trait("Category", "Slow")]
    [MemberData(nameof(Training))]
    public void TheCaseThatTrainsIsAsItShouldBe(string set, string name) => Holds(Path.Combine(TestData.Fixture("cases"), set, name));

    [Theory(SkipTestWithoutData = true)]
    [Trait("Category", "Slow")]
    [MemberData(nameof(Shared))]
    public void TheSharedCaseIsAsItShouldBe(string set, string name)
    {
        if (s_waiting.Contains($"{set}/{name}")) Assert.Skip("waits for work that has not landed");
        Holds(TestData.Shared("cases", set, name));
    }

    private static void Holds(string folder)
    {
        if (Case.Run(folder) is string fault) Assert.Fail(fault);
    }

    private static TheoryData<string, string> Cases(string root, params string[] sets)
    {
        TheoryData<string, string> cases = [];
        string? only = Environment.GetEnvironmentVariable("GRAFT_CASE");
        foreach (string set in sets.Where(set => Directory.Exists(Path.Combine(root, set))))
        {
            foreach (
                string file in Directory
                    .EnumerateFiles(
                        Path.Combine(root, set),
                        "case.json",
                        new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 }
                    )
                    .Order(StringComparer.Ordinal)
            )
            {
                string name = Path.GetFileName(Path.GetDirectoryName(file))!;
                if (only is null || name.Contains(only, StringComparison.Ordinal)) cases.Add(set, name);
            }
        }

        return cases;
    }
}
