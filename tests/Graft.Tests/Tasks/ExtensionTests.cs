using Graft.Checkpoints;
using Graft.Inference;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Training;
using Graft.Tuning;

namespace Graft.Tests.Tasks;

/// <summary>What a program adds by code, and what it waits for without blocking.</summary>
public sealed class ExtensionTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    static ExtensionTests()
    {
        TaskMetrics.Register(new ShareOfPositive());
        TuningStrategies.Register("norms", () => new NormsOnly());
    }

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public async Task AProgramWaitsForARunAndIsToldHowFarItIs()
    {
        List<string> lines = [];
        Progress progress = new();
        FineTuningResult beside = await FineTuning.RunAsync(
            Options("beside"),
            progress: progress,
            logger: new LineLogger(lines.Add),
            cancellationToken: TestContext.Current.CancellationToken
        );
        FineTuningResult here = FineTuning.Run(Options("here"), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(here.Scores.Select(score => score.Interval.Value), beside.Scores.Select(score => score.Interval.Value));
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(here.Folder, "model.safetensors")),
            File.ReadAllBytes(Path.Combine(beside.Folder, "model.safetensors"))
        );
        Assert.Equal(1.0, progress.Told[^1].Update.Progress);
        Assert.Equal(progress.Told[^1].TotalUpdates, progress.Told[^1].Update.Step);
        Assert.Contains(lines, line => line.Contains("learning rate", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ACancelledRunWritesACheckpointAndThrows()
    {
        using CancellationTokenSource stop = new();
        Progress progress = new(stop.Cancel);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            FineTuning.RunAsync(Options("stopped"), progress: progress, cancellationToken: stop.Token)
        );
        Assert.NotEmpty(Directory.EnumerateDirectories(Path.Combine(_tiny.PathOf("stopped"), "checkpoints")));
        Assert.False(
            (
                await FineTuning.RunAsync(
                    Options("stopped") with
                    {
                        Resume = true,
                    },
                    cancellationToken: TestContext.Current.CancellationToken
                )
            ).WasFinished
        );
    }

    [Fact]
    public void AnObserverEndsARunWhichIsThenFinished()
    {
        StopAfter observer = new(updates: 2);
        FineTuningResult result = FineTuning.Run(Options("short"), [observer], cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(2, observer.Updates);
        Assert.NotEmpty(result.Scores);
        Assert.True(
            FineTuning.Run(Options("short") with { Resume = true }, cancellationToken: TestContext.Current.CancellationToken).WasFinished
        );
    }

    [Fact]
    public async Task ARegisteredMetricIsMeasuredInRunsAndEvaluations()
    {
        ShareOfPositive.IsMeasured.Value = true;
        FineTuningResult run = await FineTuning.RunAsync(Options("metric"), cancellationToken: TestContext.Current.CancellationToken);
        RunEvaluation evaluation = await RunEvaluation.EvaluateAsync(
            run.Folder,
            _tiny.PathOf("dev.tsv"),
            cancellationToken: TestContext.Current.CancellationToken
        );
        Assert.Equal("accuracy", run.Scores[0].Name);
        double expected = evaluation.Runs[0].Predictions.Average(prediction => prediction.Answer == "positive" ? 1.0 : 0.0);
        Assert.Equal(expected, Assert.Single(run.Scores, score => score.Name == ShareOfPositive.Key).Interval.Value, 9);
        Assert.Equal(expected, Assert.Single(evaluation.Scores, score => score.Name == ShareOfPositive.Key).Interval.Value, 9);
        Assert.Throws<ArgumentException>(() => TaskMetrics.Register(new ShareOfPositive()));
    }

    [Fact]
    public void ARegisteredStrategyTrainsWhatItSays()
    {
        FineTuningResult run = FineTuning.Run(
            Options("norms") with
            {
                Strategy = TuningStrategies.Parse("norms"),
            },
            cancellationToken: TestContext.Current.CancellationToken
        );
        using Checkpoint before = Checkpoint.Open(Path.Combine(_tiny.ModelFolder, "model.safetensors")),
            after = Checkpoint.Open(Path.Combine(run.Folder, "model.safetensors"));
        Assert.Contains("norms", TuningStrategies.Names);
        Assert.Equal(Values(before, "encoder.layer.0.output.dense.weight"), Values(after, "encoder.layer.0.output.dense.weight"));
        Assert.NotEqual(Values(before, "encoder.layer.0.output.LayerNorm.bias"), Values(after, "encoder.layer.0.output.LayerNorm.bias"));
        Assert.Throws<ArgumentException>(() => TuningStrategies.Register("norms", () => new NormsOnly()));
    }

    [Fact]
    public async Task AStreamIsAnsweredInItsOrder()
    {
        FineTuningResult run = FineTuning.Run(Options("stream"), cancellationToken: TestContext.Current.CancellationToken);
        using Predictor predictor = Predictor.Load(run.Folder);
        (string, string?)[] texts =
        [
            .. Enumerable.Range(0, 7).Select(i => (i % 2 == 0 ? "the film was good ." : "the film was dull .", (string?)null)),
        ];
        List<string> answers = [];
        await foreach (
            Prediction prediction in predictor.PredictAsync(texts.ToAsyncEnumerable(), batchSize: 3, TestContext.Current.CancellationToken)
        )
            answers.Add(prediction.Answer);
        Assert.Equal(predictor.Predict(texts).Select(prediction => prediction.Answer), answers);
        Assert.Equal(
            answers,
            (await predictor.PredictAsync(texts, TestContext.Current.CancellationToken)).Select(prediction => prediction.Answer)
        );
    }

    private FineTuningOptions Options(string output) =>
        new()
        {
            Model = _tiny.ModelFolder,
            Task = new TextClassification(),
            Train = _tiny.Reviews("train.tsv", 64),
            Evaluation = _tiny.Reviews("dev.tsv", 30, seed: 2),
            Output = _tiny.PathOf(output),
            Epochs = 2,
            BatchSize = 8,
            LearningRate = 1e-3,
        };

    private static byte[] Values(Checkpoint checkpoint, string ending) =>
        checkpoint[checkpoint.Names.Single(name => name.EndsWith(ending, StringComparison.Ordinal))].Bytes.ToArray();

    private sealed class Progress(Action? onUpdate = null) : IProgress<TrainingProgress>
    {
        public List<TrainingProgress> Told { get; } = [];

        public void Report(TrainingProgress value)
        {
            Told.Add(value);
            onUpdate?.Invoke();
        }
    }

    private sealed class StopAfter(int updates) : ITrainingObserver
    {
        public int Updates { get; private set; }

        public bool StopsRun => Updates >= updates;

        public void Updated(UpdateRecord update) => Updates++;
    }

    private sealed class ShareOfPositive : ITaskMetric
    {
        public const string Key = "share_of_positive";

        /// <summary>Registered for the process, measured in one test.</summary>
        public static AsyncLocal<bool> IsMeasured { get; } = new();

        public string Name => Key;

        public bool Measures(FineTuningTask task) => task is TextClassification && IsMeasured.Value;

        public double Of(TaskData data, IReadOnlyList<Prediction> predictions) =>
            predictions.Average(prediction => prediction.Answer == "positive" ? 1.0 : 0.0);
    }

    private sealed record NormsOnly : TuningStrategy
    {
        public override string Name => "norms";

        public override bool SavesAdapterOnly => false;

        protected override bool Trains(string parameter) => parameter.Contains("LayerNorm", StringComparison.Ordinal);
    }
}
