using Graft.Data;
using Graft.Labelling;

namespace Graft.Tests.Labelling;

/// <summary>Sessions over made-up vectors: two clouds, one a label.</summary>
public sealed class LabellingSessionTests : IDisposable
{
    private const int Count = 600, Width = 16;
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"graft-labels-{Guid.NewGuid():N}.jsonl");

    public void Dispose()
    {
        foreach (string end in new[] { "", ".lock", ".vectors" }) File.Delete(_file + end);
    }

    [Fact]
    public async Task TheModelSuggestsRightAnswersAndItsEstimateHoldsTheTruth()
    {
        using LabellingSession session = Open();
        Embed(session);
        int right = 0, suggested = 0;
        for (int i = 0; i < 100; i++)
        {
            LabelQuestion question = session.Next("anna")!;
            string label = LabelOf(question.Text);
            if (i >= 50 && question.Random)
            {
                suggested++;
                if (question.Suggested.SequenceEqual([label])) right++;
            }

            session.Answer(new LabelAnswer(question.Id, "anna", [label]));
            await session.UpToDateAsync(i == 99, TestContext.Current.CancellationToken);
        }

        LabellingState state = session.State();
        Assert.Equal(100, state.Labelled);
        Assert.Equal(100, state.ModelLabels);
        Assert.Equal(10, suggested);
        Assert.True(right >= 8, $"{right} of {suggested} suggestions are right");
        Assert.NotNull(state.Estimate);
        Assert.True(state.Estimate.RandomTexts >= 20);
        Assert.InRange(state.Estimate.Accuracy.Value, 0.8, 1);
    }

    [Fact]
    public async Task AWrongLabelIsDoubted()
    {
        using LabellingSession session = Open();
        Embed(session);
        for (int i = 1; i <= 80; i++)
            session.Answer(new LabelAnswer($"{i}", "anna", [i == 40 ? Other(LabelOf($"text {i}")) : LabelOf($"text {i}")]));
        await session.UpToDateAsync(true, TestContext.Current.CancellationToken);
        Assert.Equal("40", session.State().Doubted[0].Id);
    }

    [Fact]
    public void NearDuplicatesAreAnsweredAndTakenBackTogether()
    {
        using LabellingSession session = Open();
        session.Embed(texts => [.. texts.Select(text => Vector(text is "text 8" or "text 9" ? "text 7" : text))]);
        while (session.Next("anna")!.Id != "7")
            session.Answer(new LabelAnswer(session.Next("anna")!.Id, "anna", []) { Skip = true, WithDuplicates = false });
        int open = session.Next("anna")!.Duplicates;
        int kept = session.Answer(new LabelAnswer("7", "anna", ["good"]) { WithDuplicates = true });
        Assert.Equal(open + 1, kept);
        Assert.Equal(kept, session.State().Labelled);
        Assert.Equal("7", session.Undo("anna"));
        Assert.Equal(0, session.State().Labelled);
        Assert.Equal("7", session.Next("anna")!.Id);
    }

    [Fact]
    public void TwoPeopleShareTheRandomTextsAndTheirAgreementIsMeasured()
    {
        using LabellingSession session = LabellingSession.Open(Texts(), Options() with { RandomShare = 1 });
        for (int i = 0; i < 40; i++)
        {
            LabelQuestion anna = session.Next("anna")!, ben = session.Next("ben")!;
            session.Answer(new LabelAnswer(anna.Id, "anna", [LabelOf(anna.Text)]));
            session.Answer(new LabelAnswer(ben.Id, "ben", [i % 10 == 0 ? Other(LabelOf(ben.Text)) : LabelOf(ben.Text)]));
        }

        LabellingState state = session.State();
        Agreement agreement = Assert.Single(state.Agreements);
        Assert.InRange(agreement.Texts, 35, 40);
        Assert.InRange(agreement.Kappa, 0.7, 0.9);
        Assert.InRange(state.Disagreements.Count, 3, 4);
    }

    [Fact]
    public void VectorsAreComputedOnceWhateverHappens()
    {
        int computed = 0;
        IReadOnlyList<float[]> Counted(IReadOnlyList<string> texts)
        {
            if (computed >= 300) throw new OperationCanceledException();
            computed += texts.Count;
            return [.. texts.Select(Vector)];
        }

        using (LabellingSession session = Open())
            Assert.Throws<OperationCanceledException>(() => session.Embed(Counted, _file + ".vectors", "m"));
        int before = computed;
        computed = 0;
        using (LabellingSession session = Open())
        {
            session.Embed(texts => { computed += texts.Count; return [.. texts.Select(Vector)]; }, _file + ".vectors", "m");
            Assert.Equal(Count - before, computed);
            Assert.Equal(Count, session.State().Embedded);
        }

        computed = 0;
        using (LabellingSession session = Open())
            session.Embed(
                texts =>
                {
                    computed += texts.Count;
                    return [.. texts.Select(Vector)];
                },
                _file + ".vectors",
                "another"
            );
        Assert.Equal(Count, computed);
    }

    [Fact]
    public void ALabelThatIsNoneOfTheNamesIsRefusedAndNothingIsWritten()
    {
        using LabellingSession session = Open();
        Assert.Throws<InputException>(() => session.Answer(new LabelAnswer("1", "anna", ["ugly"])));
        Assert.Throws<InputException>(() => session.Answer(new LabelAnswer("1", "anna", ["bad", "good"])));
        Assert.Throws<InputException>(() => session.Answer(new LabelAnswer("nobody", "anna", ["bad"])));
        Assert.Throws<InputException>(() => session.Answer(new LabelAnswer("1", " ", ["bad"])));
        Assert.Equal(0, new FileInfo(_file).Length);
    }

    private static IEnumerable<LabelledText> Texts() =>
        Enumerable.Range(1, Count).Select(i => new LabelledText { Text = $"text {i}", Row = i });

    private static string LabelOf(string text) =>
        int.Parse(text[5..], System.Globalization.CultureInfo.InvariantCulture) % 2 == 0 ? "good" : "bad";

    private static string Other(string label) => label == "good" ? "bad" : "good";

    private static float[] Vector(string text)
    {
        CounterRandom random = new(CounterRandom.Key(7, ulong.Parse(text[5..], System.Globalization.CultureInfo.InvariantCulture)));
        float[] vector = new float[Width];
        for (int i = 0; i < Width; i++) vector[i] = (float)random.NextNormal() + (i < 4 ? (LabelOf(text) == "good" ? 2 : -2) : 0);
        return vector;
    }

    private static void Embed(LabellingSession session) => session.Embed(texts => [.. texts.Select(Vector)]);

    private LabellingOptions Options() => new() { LabelNames = ["bad", "good"], Output = _file };

    private LabellingSession Open() => LabellingSession.Open(Texts(), Options());
}
