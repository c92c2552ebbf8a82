using Graft.Data.Checks;

namespace Graft.Tests.Data;

public sealed class DataCheckTests : DataFolder
{
    [Fact]
    public void DuplicatesLeaksAndConflictsAreNamedByLine()
    {
        string train = Write("train.tsv", "text\tlabel\nA fine film\tpos\na  fine FILM\tpos\nbad film\tneg\nbad film\tpos\n");
        string evaluation = Write("dev.tsv", "text\tlabel\nbad film\tneg\nnew film\tneg\n");
        DataReport report = Check("text-classification", train, evaluation);
        Assert.Equal([3L, 5L], Lines(report, "duplicates"));
        Assert.Equal([2L], Lines(report, "leaked-texts"));
        Assert.Equal([4L, 5L], Lines(report, "conflicting-labels"));
        Assert.Contains(
            "also at line 2",
            report.Findings.Single(finding => finding.Code == "duplicates").Places[0].Detail,
            StringComparison.Ordinal
        );
        Assert.False(report.HasErrors);
    }

    [Fact]
    public void EmptyLongAndDamagedTextsAreNamed()
    {
        string train = Write(
            "train.tsv",
            $"text\tlabel\n \tpos\n{string.Join(' ', Enumerable.Repeat("word", 500))}\tneg\ncafÃ©\tpos\nit\uFFFDs\tneg\nthe manâ€™s "
                + $"hat\tpos\ncafé, naïve, Ångström, “quoted”, São Paulo\tneg\n"
        );
        DataReport report = Check("text-classification", train);
        Assert.Equal([2L], Lines(report, "empty-texts"));
        Assert.Equal([3L], Lines(report, "long-texts"));
        Assert.Equal([4L, 5L, 6L], Lines(report, "encoding-damage"));
        Assert.Contains(
            "\"Ã©\" should be \"é\"",
            report.Findings.Single(finding => finding.Code == "encoding-damage").Places[0].Detail,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void LabelsThatCannotBeLearnedAreNamed()
    {
        string rows = string.Concat(Enumerable.Range(0, 200).Select(i => $"text {i}\tcommon\n"));
        string train = Write("train.tsv", $"text\tlabel\n{rows}one rare text\trare\nanother\tCommon\n");
        string evaluation = Write("dev.tsv", "text\tlabel\nunseen text\tstrange\n");
        DataReport report = Check("text-classification", train, evaluation);
        Assert.Equal([2L], Lines(report, "unknown-labels"));
        Assert.Equal([203L], Lines(report, "similar-labels"));
        Assert.Equal([202L, 203L], Lines(report, "rare-labels"));
        Assert.Single(Lines(report, "imbalance"));
        Assert.Equal(
            ["one-label"],
            Check("text-classification", Write("one.tsv", $"text\tlabel\n{rows}")).Findings.Select(finding => finding.Code)
        );
    }

    [Fact]
    public void TagsThatBreakTheSchemeAreNamedByTheirLine()
    {
        string train = Write("train.conll", "Ann\tB-PER\nLee\tI-PER\nsang\tO\n\nin\tO\nNew\tI-LOC\nYork\tI-LOC\n\nBonn\tB-LOC\n");
        DataReport report = Check("token-classification", train);
        Assert.Equal([6L], Lines(report, "invalid-tags"));
        Assert.Contains("\"I-LOC\" follows \"O\"", report.Findings[0].Places[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void MisplacedAnswersAreNamed()
    {
        string train = Write(
            "train.json",
            "{\"data\":[{\"paragraphs\":[{\"context\":\"Rome is "
                + "old\",\"qas\":[\n{\"id\":\"a\",\"question\":\"What?\",\"answers\":[{\"text\":\"Rome\",\"answer_start\":0}]},\n"
                + "{\"id\":\"b\",\"question\":\"How?\",\"answers\":[{\"text\":\"old\",\"answer_start\":3}]}]}]}]}"
        );
        DataReport report = Check("question-answering", train, train);
        Assert.Equal([3L, 3L], Lines(report, "bad-rows"));
        Assert.Single(Lines(report, "leaked-texts"));
    }

    [Fact]
    public void NumbersMustBeNumbers()
    {
        Assert.Equal([3L], Lines(Check("regression", Write("a.tsv", "text\tlabel\na b\t1.5\nc d\t2,5\n")), "not-numbers"));
        Assert.Equal([3L], Lines(Check("regression", Write("b.tsv", "text\tlabel\na b\t1.5\nc d\tnan\n")), "missing-labels"));
    }

    [Theory]
    [InlineData("O I-LOC", "O I-LOC B-LOC", new[] { 1 }, "Iob2")]
    [InlineData("I-PER B-PER", "O B-PER", new[] { 1 }, "Iob1")]
    [InlineData("I-PER E-PER O I-PER E-PER", "I-PER O E-PER", new[] { 0 }, "Ioe2")]
    [InlineData("B-PER E-PER S-LOC", "B-PER O S-LOC", new[] { 0 }, "Iobes")]
    [InlineData("B-PER L-PER U-LOC", "I-PER L-PER O", new[] { 0 }, "Bilou")]
    public void EverySchemeNamesItsInvalidSequences(string sound, string broken, int[] problems, string scheme)
    {
        Graft.Data.Tagging.TagScheme parsed = Enum.Parse<Graft.Data.Tagging.TagScheme>(scheme);
        if (scheme != "Iob2") Assert.Empty(Graft.Data.Tagging.TagSchemes.Problems(sound.Split(' '), parsed));
        Assert.Equal(problems, Graft.Data.Tagging.TagSchemes.Problems(broken.Split(' '), parsed).Select(problem => problem.Index));
    }

    [Fact]
    public void DamagedConlluIsNamedByItsLine()
    {
        static string Word(string id, string form, string tag) => $"{id}\t{form}\t_\t{tag}\t_\t_\t_\t_\t_\t_\n";
        string train = Write(
            "train.conllu",
            Word("1", "It", "PRON")
                + Word("2-3", "don't", "_")
                + Word("2", "do", "AUX")
                + Word("3", "n't", "PART")
                + "\n"
                + Word("1", "a", "DET")
                + Word("3", "b", "NOUN")
                + "\n"
                + Word("1", "c", "_")
                + "\n"
                + Word("x", "d", "NOUN")
                + "\n"
                + Word("1", "e", "NOUN")
        );
        DataReport report = Check("token-classification", train);
        Assert.Equal([7L, 9L, 11L], Lines(report, "bad-rows"));
        Assert.Equal(2, report.Files[0].Rows);
    }

    [Fact]
    public void PairsAndTargetsAreChecked()
    {
        DataReport pairs = Check("embedding", Write("pairs.tsv", "text\tpair\na film\ta movie\nsame\tsame\n \tnothing\n"));
        Assert.Equal([3L], Lines(pairs, "same-text-twice"));
        Assert.Equal([4L], Lines(pairs, "empty-texts"));
        Assert.Equal(
            [3L],
            Lines(Check("embedding", Write("scored.tsv", "text\tpair\tlabel\na\tb\t0.5\nc\td\tentailment\n")), "not-numbers")
        );
        DataReport targets = Check("text-to-text", Write("targets.tsv", "text\ttarget\na cafe\tcafÃ©\ncopied\tcopied\nnone\t\n"));
        Assert.Equal([2L], Lines(targets, "target-encoding-damage"));
        Assert.Equal([3L], Lines(targets, "copied-texts"));
        Assert.Equal([4L], Lines(targets, "missing-labels"));
        Assert.Empty(Check("causal-lm", Write("texts.tsv", "text\tlabel\na\t1\nb\t2\n")).Findings);
    }

    [Fact]
    public void QuestionsAreNamedByTheirLine()
    {
        DataReport report = Check(
            "question-answering",
            Write(
                "train.csv",
                "question,context,answer,answer_start\nWhere?,Rome is old,Rome,0\nWhere?,Rome is old,old,8\nWhen?,It was in cafÃ© "
                    + "5,5,16\nWho?,Rome,Rome,2\n"
            )
        );
        Assert.Equal([5L], Lines(report, "bad-rows"));
        Assert.Equal([2L, 3L], Lines(report, "conflicting-labels"));
        Assert.Equal([4L], Lines(report, "encoding-damage"));
    }

    [Fact]
    public void TheShortFormLeavesNotesOut()
    {
        DataReport report = Check("text-classification", Write("train.tsv", "text\tlabel\na\tx\na\tx\nb\ty\nbroken\n"));
        string line = Assert.Single(report.ShortForm, text => text.StartsWith("1 row cannot be used", StringComparison.Ordinal));
        Assert.Contains("line 5", line, StringComparison.Ordinal);
        Assert.DoesNotContain(report.ShortForm, text => text.Contains("occur again", StringComparison.Ordinal));
    }

    [Fact]
    public void AnUnknownTaskIsAnsweredWithThoseThereAre() =>
        Assert.Contains(
            "question-answering",
            Assert.Throws<InputException>(() => Check("translation", "x")).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("text-classification", "polarity", "tsv", 0)]
    [InlineData("text-classification", "banking77", "tsv", 0)]
    [InlineData("text-pair-classification", "nli", "tsv", 0)]
    [InlineData("regression", "stsb", "tsv", 2)]
    [InlineData("token-classification", "wnut17", "conll", 0)]
    [InlineData("token-classification", "pos", "conll", 1)]
    [InlineData("question-answering", "squad", "json", 0)]
    public void PublishedTasksAreSoundButForTheirKnownDamage(string task, string folder, string extension, int damaged)
    {
        DataReport report = Check(
            task,
            TestData.Shared("tasks", folder, "train." + extension),
            TestData.Shared("tasks", folder, "test." + extension)
        );
        Assert.DoesNotContain(report.Findings, finding => finding.Severity == Severity.Error);
        Assert.Equal(damaged, Lines(report, "encoding-damage").Count());
    }

    private static DataReport Check(string task, string train, string? evaluation = null) =>
        TaskDataCheck.Run(new DataCheckOptions { Task = task, Train = train, Evaluation = evaluation });

    private static IEnumerable<long> Lines(DataReport report, string code) =>
        report.Findings.Where(finding => finding.Code == code).SelectMany(finding => finding.Places).Select(place => place.Line);
}
