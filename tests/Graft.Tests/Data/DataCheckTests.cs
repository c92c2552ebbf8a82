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
        Assert.Contains("also at line 2", report.Findings.Single(finding => finding.Code == "duplicates").Places[0].Detail, StringComparison.Ordinal);
        Assert.False(report.HasErrors);
    }

    [Fact]
    public void EmptyLongAndDamagedTextsAreNamed()
    {
        string train = Write("train.tsv", $"text\tlabel\n \tpos\n{string.Join(' ', Enumerable.Repeat("word", 500))}\tneg\ncafÃ©\tpos\nit\uFFFDs\tneg\nthe manâ€™s hat\tpos\ncafé, naïve, Ångström, “quoted”, São Paulo\tneg\n");
        DataReport report = Check("text-classification", train);
        Assert.Equal([2L], Lines(report, "empty-texts"));
        Assert.Equal([3L], Lines(report, "long-texts"));
        Assert.Equal([4L, 5L, 6L], Lines(report, "encoding-damage"));
        Assert.Contains("\"Ã©\" should be \"é\"", report.Findings.Single(finding => finding.Code == "encoding-damage").Places[0].Detail, StringComparison.Ordinal);
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
        Assert.Equal(["one-label"], Check("text-classification", Write("one.tsv", $"text\tlabel\n{rows}")).Findings.Select(finding => finding.Code));
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
        string train = Write("train.json", "{\"data\":[{\"paragraphs\":[{\"context\":\"Rome is old\",\"qas\":[\n{\"id\":\"a\",\"question\":\"What?\",\"answers\":[{\"text\":\"Rome\",\"answer_start\":0}]},\n{\"id\":\"b\",\"question\":\"How?\",\"answers\":[{\"text\":\"old\",\"answer_start\":3}]}]}]}]}");
        DataReport report = Check("question-answering", train, train);
        Assert.Equal([3L, 3L], Lines(report, "bad-rows"));
        Assert.Single(Lines(report, "leaked-texts"));
    }

    [Fact]
    public void NumbersMustBeNumbers()
    {
        Assert.Equal([3L], Lines(Check("regression", Write("a.tsv", "text\tlabel\na b\t1.5\nc d\t2,5\n")), "not-numbers"));
        Assert.Equal([3L], Lines(Check("regression", Write("b.tsv", "text\tlabel\na b\t1.5\nc d\tnan\n")), "not-numbers"));
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
        Assert.Contains("question-answering", Assert.Throws<InputException>(() => Check("translation", "x")).Message, StringComparison.Ordinal);

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
        DataReport report = Check(task, TestData.Shared("tasks", folder, "train." + extension), TestData.Shared("tasks", folder, "test." + extension));
        Assert.DoesNotContain(report.Findings, finding => finding.Severity == Severity.Error);
        Assert.Equal(damaged, Lines(report, "encoding-damage").Count());
    }

    private static DataReport Check(string task, string train, string? evaluation = null) =>
        TaskDataCheck.Run(new DataCheckOptions { Task = task, Train = train, Evaluation = evaluation });

    private static IEnumerable<long> Lines(DataReport report, string code) =>
        report.Findings.Where(finding => finding.Code == code).SelectMany(finding => finding.Places).Select(place => place.Line);
}
