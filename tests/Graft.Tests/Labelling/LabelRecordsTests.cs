using Graft.Data;
using Graft.Labelling;

namespace Graft.Tests.Labelling;

public sealed class LabelRecordsTests : IDisposable
{
    private static readonly LabelledText[] s_texts =
    [
        .. Enumerable.Range(1, 4).Select(i => new LabelledText { Text = $"text {i}", Row = i }),
    ];
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"graft-labels-{Guid.NewGuid():N}.jsonl");

    public void Dispose()
    {
        File.Delete(_file);
        File.Delete(_file + ".lock");
    }

    [Fact]
    public void ReadersTakeTheLastRecordOfAnIdAndAnUndoneOneIsNone()
    {
        using (LabellingSession session = Open())
        {
            session.Answer(new LabelAnswer("1", "anna", ["bad"]));
            session.Answer(new LabelAnswer("2", "anna", ["bad"]));
            session.Answer(new LabelAnswer("1", "anna", ["good"]));
            session.Answer(new LabelAnswer("3", "anna", []) { Skip = true });
            session.Answer(new LabelAnswer("4", "anna", ["good"]));
            Assert.Equal("4", session.Undo("anna"));
        }

        LabelledTextFile read = LabelledTextReader.Read(_file);
        Assert.Equal([("text 2", "bad"), ("text 1", "good")], read.Rows.Select(row => (row.Text, row.Label!)));
        Assert.Equal(["2", "1"], read.Rows.Select(row => row.Id));
        Assert.Empty(read.BadRows);
    }

    [Fact]
    public void ADecisionCountsBeforeLaterAnswersAndUndoingItBringsTheAnswersBack()
    {
        using LabellingSession session = Open();
        session.Answer(new LabelAnswer("1", "anna", ["bad"]));
        session.Answer(new LabelAnswer("1", "ben", ["good"]));
        Disagreement open = Assert.Single(session.State().Disagreements);
        Assert.Equal(["bad"], open.Answers["anna"]);
        session.Answer(new LabelAnswer("1", "anna", ["bad"]) { Decide = true });
        session.Answer(new LabelAnswer("1", "ben", ["good"]));
        Assert.Empty(session.State().Disagreements);
        Assert.Equal("bad", Assert.Single(LabelledTextReader.Read(_file).Rows).Label);
        session.Undo("anna");
        Assert.Single(session.State().Disagreements);
        Assert.Equal("good", Assert.Single(LabelledTextReader.Read(_file).Rows).Label);
    }

    [Theory]
    [InlineData("{\"rec")]
    [InlineData("{\"record\":\"label\",\"id\":\"2\",\"by\":\"an")]
    public void AnUnfinishedRecordIsCutOffAndLabellingGoesOn(string torn)
    {
        using (LabellingSession session = Open()) session.Answer(new LabelAnswer("1", "anna", ["bad"]));
        File.AppendAllText(_file, torn);
        Assert.Single(LabelledTextReader.Read(_file).Rows);
        using (LabellingSession session = Open())
        {
            Assert.Equal(1, session.State().Labelled);
            session.Answer(new LabelAnswer("2", "anna", ["good"]));
        }

        Assert.Equal(2, File.ReadAllLines(_file).Length);
        Assert.Equal(["bad", "good"], LabelledTextReader.Read(_file).Rows.Select(row => row.Label));
    }

    [Fact]
    public void AFileOfOtherTextsOrOfOtherLabelsIsRefused()
    {
        using (LabellingSession session = Open())
            session.Answer(new LabelAnswer("1", "anna", ["bad"]));
        InputException others = Assert.Throws<InputException>(() =>
            LabellingSession.Open([new LabelledText { Text = "another" }], Options())
        );
        Assert.Contains("not the one of the input", others.Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => LabellingSession.Open(s_texts, Options() with { LabelNames = ["good", "fine"] }));
        File.WriteAllText(_file, "{\"text\": \"my training data\", \"label\": \"good\"}\n");
        Assert.Throws<InputException>(Open);
        Assert.Equal("{\"text\": \"my training data\", \"label\": \"good\"}\n", File.ReadAllText(_file));
    }

    [Fact]
    public void TwoProcessesDoNotWriteIntoOneFile()
    {
        using LabellingSession session = Open();
        Assert.Contains("another process", Assert.Throws<InputException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SeveralLabelsAreAListThatReadersKnow()
    {
        using (LabellingSession session = LabellingSession.Open(s_texts, Options() with { Several = true }))
        {
            session.Answer(new LabelAnswer("1", "anna", ["good", "bad"]));
            session.Answer(new LabelAnswer("2", "anna", ["good"]));
            session.Answer(new LabelAnswer("3", "anna", []));
        }

        LabelledTextFile read = LabelledTextReader.Read(_file, new ColumnOptions { MultiLabel = true });
        Assert.Equal(["bad,good", "good", ""], read.Rows.Select(row => string.Join(',', row.Labels)));
    }

    private LabellingOptions Options() => new() { LabelNames = ["bad", "good"], Output = _file };

    private LabellingSession Open() => LabellingSession.Open(s_texts, Options());
}
