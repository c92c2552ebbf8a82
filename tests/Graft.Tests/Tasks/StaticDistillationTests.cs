using Graft.Evaluation;
using Graft.Inference;
using Graft.Runs;
using Graft.StaticModels;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;

namespace Graft.Tests.Tasks;

/// <summary>Static siblings: the vectors' arithmetic, what they learn of a teacher, what their folders hold.</summary>
public sealed class StaticDistillationTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void RowsAreProjectedOnPrincipalComponentsAndWeighedByTheirRank()
    {
        // Three counted rows on a line through (1, 1) with direction (3, 4) / 5, and one that is not counted.
        float[] states = [1 - 3, 1 - 4, 1, 1, 50, 60, 1 + 3, 1 + 4];
        TokenVectors vectors = TokenVectors.Weighted(states, 2, 1, [true, true, false, true]);
        double harmonic = (1 / 2.0) + (1 / 3.0) + (1 / 4.0);
        double Weight(int rank) => 1e-4 / (1e-4 + (1 / (rank * harmonic)));
        float sign = Math.Sign(vectors.Values[3]);
        Assert.Equal(-5 * Weight(2), sign * vectors.Values[0], 1e-6);
        Assert.Equal(0, vectors.Values[1], 1e-6);
        Assert.Equal(0, vectors.Values[2]);
        Assert.Equal(5 * Weight(4), sign * vectors.Values[3], 1e-6);
        Assert.Equal(10, sign * vectors.Project([1 + 6, 1 + 8])[0], 1e-4);
    }

    [Fact]
    public void TuningTurnsVectorsTowardsTheirTargets()
    {
        float[] vectors = [1, 0, 0, 1, 1, 1];
        StaticTuning.Run(
            vectors,
            2,
            [
                [0],
                [1],
            ],
            [
                [0, 1],
                [1, 0],
            ],
            TuningTarget.Vector,
            epochs: 2_000,
            seed: 1,
            CancellationToken.None
        );
        Assert.True(
            Embedder.Cosine(vectors.AsSpan(0, 2), [0, 1]) > 0.99 && Embedder.Cosine(vectors.AsSpan(2, 2), [1, 0]) > 0.99,
            string.Join(' ', vectors)
        );
        Assert.Equal([1, 1], vectors[4..]); // no text has this token
    }

    [Fact]
    public void TheConvexClassifierReachesTheProbabilitiesItIsTaught()
    {
        LinearClassifier classifier = SoftClassifier.Fit([[1, 0], [0, 1]], [[0.8f, 0.2f], [0.3f, 0.7f]], TuningTarget.Classes);
        float[] scores = classifier.Score([1, 0])[0];
        Assert.Equal(Math.Log(0.8 / 0.2), scores[0] - scores[1], 0.05);
        classifier = SoftClassifier.Fit([[1, 0], [0, 1]], [[0.8f], [0.3f]], TuningTarget.Labels);
        Assert.Equal(Math.Log(0.3 / 0.7), classifier.Score([0, 1])[0][0], 0.05);
    }

    [Fact]
    public void ASiblingOfARunAnswersAsItsTeacherAndNeedsNoTorch()
    {
        string teacher = Teacher();
        string folder = _tiny.PathOf("static");
        IReadOnlyList<NamedScore> scores = StaticDistillation.Run(
            new()
            {
                Teacher = teacher,
                Output = folder,
                Dimensions = 8,
                Epochs = 20,
            }
        );
        Assert.True(scores[0].Interval.Value > 0.9, $"accuracy {scores[0].Interval.Value}");
        RunManifest record = RunManifest.Read(folder)!;
        Assert.True(record.IsFinished);
        Assert.Equal("static", record.Strategy);
        Assert.NotNull(record.Decisions!.Temperature);
        Assert.Equal(scores[0].Interval.Value, RunEvaluation.Evaluate(folder, _tiny.PathOf("dev.tsv")).Scores[0].Interval.Value, 12);
        using Predictor predictor = Predictor.Load(folder);
        Assert.Equal(
            ["good", "bad"],
            new[] { "the film was good .", "the film was bad ." }.Select(text =>
                predictor.Predict(text).Answer.Contains("pos", StringComparison.Ordinal) ? "good" : "bad"
            )
        );
        using Embedder embedder = Embedder.Load(folder);
        Assert.Equal(8, embedder.Dimensions);
        Assert.Contains(
            "exists already",
            Assert.Throws<InputException>(() => StaticDistillation.Run(new() { Teacher = teacher, Output = folder })).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void ASiblingOfAModelEmbedsAndFollowsItOnTexts()
    {
        string texts = _tiny.PathOf("texts.txt"), plain = _tiny.PathOf("plain"), tuned = _tiny.PathOf("tuned");
        File.WriteAllLines(texts, File.ReadLines(_tiny.Reviews("more.tsv", 60, seed: 5)).Skip(1).Select(line => line.Split('\t')[0]));
        Assert.Empty(StaticDistillation.Run(new() { Teacher = _tiny.ModelFolder, Output = plain, Dimensions = 4 }));
        StaticDistillation.Run(new() { Teacher = _tiny.ModelFolder, Output = tuned, Dimensions = 4, Unlabelled = texts, Epochs = 20 });
        using Embedder first = Embedder.Load(plain), second = Embedder.Load(tuned);
        Assert.True(first.Normalizes);
        Assert.Equal(1, Math.Sqrt(second.Embed("the film was good .").Sum(value => value * value)), 1e-5);
        Assert.NotEqual(first.Embed("the film was good ."), second.Embed("the film was good ."));
    }

    [Fact]
    public void WithoutTrainingDataTextsMustBeGiven()
    {
        string teacher = Teacher();
        File.Delete(_tiny.PathOf("train.tsv"));
        Assert.Contains(
            "unlabelled",
            Assert
                .Throws<InputException>(() => StaticDistillation.Run(new() { Teacher = teacher, Output = _tiny.PathOf("static") }))
                .Message,
            StringComparison.Ordinal
        );
        StaticDistillation.Run(
            new()
            {
                Teacher = teacher,
                Output = _tiny.PathOf("static"),
                Dimensions = 8,
                Unlabelled = _tiny.Reviews("more.tsv", 60, seed: 5),
            }
        );
        using Predictor predictor = Predictor.Load(_tiny.PathOf("static"));
        Assert.NotEqual(predictor.Predict("the film was good .").Answer, predictor.Predict("the film was bad .").Answer);
    }

    private string Teacher() =>
        FineTuning
            .Run(
                new FineTuningOptions
                {
                    Model = _tiny.ModelFolder,
                    Task = new TextClassification(),
                    Train = _tiny.Reviews("train.tsv", 120, seed: 1),
                    Evaluation = _tiny.Reviews("dev.tsv", 40, seed: 2),
                    Output = _tiny.PathOf("teacher"),
                    LearningRate = 1e-2,
                    Epochs = 6,
                    BatchSize = 8,
                }
            )
            .Folder;
}
