using CsCheck;
using Graft.Data;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;

namespace Graft.Tests.Tasks;

public sealed class FoldsTests
{
    [Fact]
    public void EveryStratumIsDealtOutEvenly() => Gen.Select(Gen.Int[0, 3].Array[4, 60], Gen.Int[2, 5]).Sample((labels, folds) =>
    {
        string[] strata = [.. labels.Select(label => $"{label}")];
        int[] fold = Folds.Assign(strata, folds, 5);
        foreach (string name in strata.Distinct())
        {
            int[] counts = [.. Enumerable.Range(0, folds).Select(held => fold.Where((own, i) => own == held && strata[i] == name).Count())];
            Assert.True(counts.Max() - counts.Min() <= 1, $"{name}: {string.Join(' ', counts)}");
        }

        int[] sizes = [.. Enumerable.Range(0, folds).Select(held => fold.Count(own => own == held))];
        Assert.True(sizes.Max() - sizes.Min() <= 1);
    });

    [Fact]
    public void OtherSeedsDealOtherFolds()
    {
        string[] strata = [.. Enumerable.Range(0, 40).Select(i => $"{i % 2}")];
        Assert.Equal(Folds.Assign(strata, 5, 1), Folds.Assign(strata, 5, 1));
        Assert.NotEqual(Folds.Assign(strata, 5, 1), Folds.Assign(strata, 5, 2));
    }

    /// <summary>A sentence under one label gives the label away; one under both does not, and short ones stand anywhere.</summary>
    [Fact]
    public void ExamplesThatShareASentenceOfTheirLabelStayTogether()
    {
        TaskData data = Data(
            ("We came on a Tuesday. The soup was cold again.", "bad"),
            ("The soup was cold AGAIN! Never more.", "bad"),
            ("We came on a Tuesday. The staff was kind to us.", "good"),
            ("The staff was kind to us!", "good"),
            ("Never more. Thank you.", "bad"),
            ("Thank you. A lovely evening it was.", "good")
        );
        string[] strata = ["bad", "bad", "good", "good", "bad", "good"];
        Assert.Equal([0, 0, 2, 2, 4, 5], SharedPassages.Groups(data, strata));
        int[] fold = Folds.Assign(strata, 2, 3, SharedPassages.Groups(data, strata));
        Assert.Equal(fold[0], fold[1]);
        Assert.Equal(fold[2], fold[3]);
    }

    [Fact]
    public void GroupsThatCannotBePartedAreTold()
    {
        TaskData data = Data([
            .. Enumerable
                .Range(0, 20)
                .Select(i =>
                    ($"The same long sentence under {(i % 2 == 0 ? "praise" : "blame")}. Number {i}.", i % 2 == 0 ? "good" : "bad")
                ),
        ]);
        List<string> told = [];
        LineLogger logger = new(told.Add);
        Assert.Null(Folds.Groups(data, Folds.Strata(Task(), data), 5, logger));
        Assert.Contains("too high", Assert.Single(told), StringComparison.Ordinal);
        Assert.Null(
            Folds.Groups(Data(("One text that stands alone here.", "a"), ("Another text that stands alone.", "b")), ["a", "b"], 2, logger)
        );
        Assert.Single(told);
    }

    /// <summary>
    /// The project's own sample is put together from sentences: folds that part them would let word counts be right in 99 % of texts,
    /// against 59 % on the test file.
    /// </summary>
    [Fact]
    public void TheSamplesSentencesAreHeldOutTogether()
    {
        TextClassification task = Task();
        TaskData data = task.Read(Path.Combine(TestData.Root, "samples", "reviews", "train.tsv"), new ColumnOptions(), labelled: true);
        string[] strata = Folds.Strata(task, data);
        int[] groups = Folds.Groups(data, strata, 5, new LineLogger(_ => { }))!;
        Assert.InRange(groups.Distinct().Count(), 15, 30);
        int[] fold = Folds.Assign(strata, 5, 42, groups);
        Assert.All(groups.Index().GroupBy(pair => pair.Item), group => Assert.Single(group.Select(pair => fold[pair.Index]).Distinct()));
    }

    private static TextClassification Task() => new();

    private static TextData Data(params (string Text, string Label)[] rows) =>
        new(
            "rows",
            [
                .. rows.Select(
                    (row, i) =>
                        new LabelledText
                        {
                            Text = row.Text,
                            Labels = [row.Label],
                            Line = i + 1,
                            Row = i + 1,
                        }
                ),
            ],
            []
        );
}
