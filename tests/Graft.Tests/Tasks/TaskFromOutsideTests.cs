using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;
using Graft.Heads;
using Graft.Inference;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tokenizers;

namespace Graft.Tests.Tasks;

/// <summary>A task and an engine that no assembly of Graft knows, registered by code.</summary>
public sealed class TaskFromOutsideTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void ATaskOfOnesOwnTrainsAndAnswersFromItsRunFolder()
    {
        FineTuningTasks.Register("polarity-of-own", () => new OwnTask());
        TaskObjectives.Register<OwnTask>(_ => new OwnObjective());
        FineTuningResult run = FineTuning.Run(
            new FineTuningOptions
            {
                Model = _tiny.ModelFolder,
                Task = new OwnTask(),
                Train = _tiny.Reviews("train.tsv", 200),
                Evaluation = _tiny.Reviews("dev.tsv", 60, seed: 2),
                Output = _tiny.PathOf("run"),
                Epochs = 8,
                LearningRate = 3e-3,
                BatchSize = 32,
                Dropout = 0,
            }
        );
        Assert.True(run.Scores[0].Interval.Value > 0.9, $"accuracy {run.Scores[0].Interval.Value}");
        using Predictor predictor = Predictor.Load(run.Folder);
        Assert.Equal("positive", predictor.Predict("the book was lovely .").Answer);
        Assert.Throws<ArgumentException>(() => FineTuningTasks.Register("polarity-of-own", () => new OwnTask()));
    }

    [Fact]
    public void ATaskWithoutAnObjectiveIsRefusedInOneLine() =>
        Assert.Contains(
            "TaskObjectives.Register<ForgottenTask>",
            Assert.Throws<InputException>(() => TaskObjectives.Of(new ForgottenTask())).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void AnEngineOfOnesOwnOpensItsFoldersAndNoOther()
    {
        string folder = _tiny.PathOf("counted");
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(_tiny.ModelFolder, "vocab.txt"), Path.Combine(folder, "vocab.txt"));
        File.WriteAllText(Path.Combine(folder, "counted.txt"), "good");
        ScoringEngines.Register(new CountingEngine());
        using Predictor predictor = Predictor.Load(folder);
        Assert.Equal(["yes", "no"], predictor.Predict([("a good film", null), ("a film", null)]).Select(prediction => prediction.Answer));
        Assert.Throws<InputException>(() => Predictor.Load(_tiny.PathOf("nowhere")));
    }

    [Fact]
    public void AnEngineRefusesTheOptionsOfAnother()
    {
        InputException refused = Assert.Throws<InputException>(() =>
            Predictor.Load(_tiny.ModelFolder, task: "text-classification", compute: new ForeignOptions())
        );
        Assert.Equal("compute", refused.Key);
    }

    private sealed class ForeignOptions : IComputeOptions;

    private sealed record ForgottenTask : OwnBase
    {
        public override string Name => "forgotten";
    }

    private sealed record OwnTask : OwnBase
    {
        public override string Name => "polarity-of-own";
    }

    /// <summary>Texts of two classes, cut off at the limit, with everything that a task must say and nothing more.</summary>
    private abstract record OwnBase : FineTuningTask
    {
        public override string Head => HeadKinds.SequenceClassification;

        public override string MainMetric => "accuracy";

        public override FineTuningTask WithLabelsOf(TaskData train) =>
            WithLabels([.. ((TextData)train).Rows.Select(row => row.Label!).Distinct().Order(StringComparer.Ordinal)]);

        public override TaskData Read(string path, ColumnOptions columns, bool labelled)
        {
            LabelledTextFile file = LabelledTextReader.Read(path, columns with { RequireLabel = labelled });
            return new TextData(path, file.Rows, file.BadRows);
        }

        public override IEnumerable<TaskData> Stream(string path, ColumnOptions columns, int examples, Action<BadRow> onBadRow) =>
            [Read(path, columns, labelled: false)];

        public override TaskData FromTexts(IReadOnlyList<(string Text, string? Pair)> texts) =>
            new TextData("text", [.. texts.Select(text => new LabelledText { Text = text.Text })], []);

        public override EncodedData Encode(TaskData data, Tokenizer tokenizer, EncodingOptions options) =>
            new(
                [
                    .. ((TextData)data).Rows.Select(
                        (row, i) =>
                        {
                            TokenizedText tokens = tokenizer.Encode(row.Text, options: new EncodeOptions { MaxLength = options.MaxLength });
                            return new Feature
                            {
                                Example = i,
                                Ids = tokens.Ids,
                                TypeIds = tokens.TypeIds,
                                Target = row.Label is string label ? new ClassTarget(Labels.ToList().IndexOf(label)) : null,
                            };
                        }
                    ),
                ],
                0,
                0,
                0
            );

        public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores) =>
            [
                .. scores.Select(score =>
                {
                    int best = Array.IndexOf(score.Values, score.Values.Max());
                    return new ClassPrediction(Labels[best], best, [], [.. score.Values.Select((_, i) => i == best ? 1.0 : 0.0)], Labels);
                }),
            ];

        public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions) =>
            [new NamedScore("accuracy", ScoreInterval.Of(predictions.Select((prediction, i) => CreditOf(data, i, prediction)).Average()))];

        public override IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation) =>
            new Dictionary<string, double>(StringComparer.Ordinal);

        public override string TruthOf(TaskData data, int example) => ((TextData)data).Rows[example].Label!;
    }

    private sealed class OwnObjective : TaskObjective
    {
        public override Targets Targets(IReadOnlyList<Feature> features, Collator collator) =>
            new() { Labels = Collator.Classes(features) };
    }

    /// <summary>Says yes to texts with a word; its model is a file with the word's id.</summary>
    private sealed class CountingEngine : IScoringEngine
    {
        public bool CanOpen(string folder) => File.Exists(Path.Combine(folder, "counted.txt"));

        public IScorer Open(string folder, ScorerOptions options, Func<ScoredModel, FineTuningTask> bind)
        {
            ScoredModel model = new("word count", HeadKinds.SequenceClassification, ["no", "yes"]);
            bind(model);
            Tokenizer tokenizer = Tokenizer.Load(folder);
            return new CountingScorer(model, tokenizer, tokenizer.TokenToId(File.ReadAllText(Path.Combine(folder, "counted.txt")))!.Value);
        }
    }

    private sealed record CountingScorer(ScoredModel Model, Tokenizer Tokenizer, int Counted) : IScorer
    {
        public FeatureScores[] Score(IReadOnlyList<Feature> features, CancellationToken cancellationToken = default) =>
            [.. features.Select(feature => new FeatureScores([0.5f, feature.Ids.Count(id => id == Counted)], 2))];

        public void Dispose()
        {
        }
    }
}
