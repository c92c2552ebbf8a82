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
        "models/01-deberta-spm-only",
        "models/02-xlmr-spm-only",
        "models/03-albert-spm-only",
        "models/04-t5-spm-only",
        "models/05-bert-with-xlmr-tokenizer",
        "models/06-herbert",
        "models/07-mpnet-vocab-only",
        "models/08-bert-japanese",
        "models/09-byt5",
        "models/11-added-tokens-without-json",
        "models/12-do-lower-case-over-json",
        "models/13-add-prefix-space-over-json",
        "models/14-added-tokens-only-in-config",
        "models/15-st-pooling-mode-word",
        "models/16-st-mean-sqrt-len",
        "models/17-st-two-pooling-modes",
        "models/18-st-dense",
        "models/19-st-0-transformer",
        "models/20-st-limit-of-the-tokenizer",
        "models/21-st-do-lower-case",
        "models/22-st-default-prompt",
        "models/23-st-layout-does-not-block-training",
        "models/25-ner-byte-level-words",
        "models/26-ner-without-spaces",
        "models/27-ner-labels-without-b-and-i",
        "models/29-generation-min-length",
        "models/30-generation-max-length",
        "models/31-generation-forced-bos",
        "models/32-generation-bad-words",
        "models/33-generation-end-tokens-in-config",
        "models/35-generation-sequence-bias",
        "models/36-quantized-int8",
        "models/37-gpt2-untied",
        "models/38-bert-mlm-untied",
        "models/39-t5-without-shared",
        "models/40-regression-several-outputs",
        "models/41-cross-encoder-sigmoid",
        "models/42-id2label-list",
        "models/43-id2label-numbers",
        "models/44-id2label-same-name-twice",
        "models/45-modernbert-rope-linear",
        "models/46-is-decoder",
        "models/47-relative-key-positions",
        "models/48-lfs-pointer-tokenizer",
        "models/49-only-other-weights",
        "models/51-camembert",
        "models/52-ernie",
        "models/54-lora-bias-all",
        "models/55-t5-prefix-of-unequal-depths",
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
            foreach (string file in Directory.EnumerateFiles(Path.Combine(root, set), "case.json", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1 }).Order(StringComparer.Ordinal))
            {
                string name = Path.GetFileName(Path.GetDirectoryName(file))!;
                if (only is null || name.Contains(only, StringComparison.Ordinal)) cases.Add(set, name);
            }
        }

        return cases;
    }
}
