using Graft.Training;

namespace Graft.Tests.Training;

/// <summary>The loop on a problem whose answer is known.</summary>
public sealed class TrainerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-trainer-").FullName;

    private static TrainingOptions Options => new() { Steps = 40, LearningRate = 0.1 };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void LearnsALinearFunction()
    {
        float[] weights = Train(new DrawnRows(), Options with { Steps = 300, Optimizer = new() { WeightDecay = 0 } });
        Assert.Equal([2, -1, 0, 0.5f], weights.Select(weight => MathF.Round(weight, 2)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void AccumulationIsExact(int micro)
    {
        float[] whole = Train(new DrawnRows(batch: 8, micro: 8), Options), cut = Train(new DrawnRows(batch: 8, micro), Options);
        for (int i = 0; i < whole.Length; i++) Assert.Equal(whole[i], cut[i], 1e-6f);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(39)]
    public void AnInterruptedRunEndsWithTheSameBits(long interruptedAt)
    {
        float[] uninterrupted = Train(new DrawnRows(), Options);
        using CancellationTokenSource stop = new();
        using (LinearTask task = new())
        using (Trainer trainer = new(task, new DrawnRows(), Options, _folder, new CancelAt(interruptedAt, stop)))
        {
            Assert.Throws<OperationCanceledException>(() => trainer.Run(stop.Token));
        }

        using LinearTask fresh = new();
        using Trainer resumed = new(fresh, new DrawnRows(), Options, _folder);
        Assert.Equal(interruptedAt, resumed.Resume());
        resumed.Run(TestContext.Current.CancellationToken);
        Assert.Equal(uninterrupted, fresh.Weights);
    }

    [Fact]
    public void AHalfWrittenCheckpointIsNotSeen()
    {
        using LinearTask task = new();
        using Trainer trainer = new(task, new DrawnRows(), Options with { CheckpointEverySteps = 10 }, _folder);
        trainer.Run(TestContext.Current.CancellationToken);
        string checkpoints = Path.Combine(_folder, "checkpoints");
        Directory.CreateDirectory(Path.Combine(checkpoints, ".step-99.partial"));
        Assert.Equal(
            ["step-30", "step-40"],
            Directory.GetDirectories(checkpoints, "step-*").Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
        using LinearTask fresh = new();
        using Trainer resumed = new(fresh, new DrawnRows(), Options, _folder);
        Assert.Equal(40, resumed.Resume());
    }

    [Fact]
    public void ALossThatIsNotANumberStopsTheRunAndNamesTheExamples()
    {
        using LinearTask task = new();
        using Trainer trainer = new(task, new DrawnRows(poisonedStep: 5), Options, _folder);
        RunFailedException failure = Assert.Throws<RunFailedException>(() => trainer.Run(TestContext.Current.CancellationToken));
        Assert.Contains("update 6", failure.Message, StringComparison.Ordinal);
        Assert.Contains("rows ending in", failure.Message, StringComparison.Ordinal);
        Assert.All(task.Weights, weight => Assert.True(float.IsFinite(weight)));
        Assert.True(Directory.Exists(Path.Combine(_folder, "checkpoints", "step-5")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheBestWeightsCanBeKept(bool onDisk)
    {
        using LinearTask task = new();
        List<float[]> seen = [];
        TrainingOptions options = Options with { Keep = KeepWeights.Best, EvaluateEvery = 5 };
        using Trainer trainer = new(task, new DrawnRows(), options, onDisk ? _folder : null)
        {
            Development = new Scripted([0.1, 0.7, 0.3, 0.7, 0.2, 0.1, 0.1, 0.1], () => seen.Add(task.Weights)),
        };
        trainer.Run(TestContext.Current.CancellationToken);
        Assert.Equal(8, seen.Count);
        Assert.Equal(seen[1], task.Weights);
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(20, 20)]
    [InlineData(21, 11)] // every second epoch, and at the end
    [InlineData(80, 20)]
    public void ManyEpochsAreNotAllEvaluated(int epochs, int expected)
    {
        using LinearTask task = new();
        int evaluations = 0;
        using Trainer trainer = new(task, new DrawnRows(stepsPerEpoch: 2), Options with { Steps = null, Epochs = epochs })
        {
            Development = new Scripted(new double[epochs], () => evaluations++),
        };
        trainer.Run(TestContext.Current.CancellationToken);
        Assert.Equal(expected, evaluations);
    }

    [Fact]
    public void EarlyStoppingEndsTheRun()
    {
        using LinearTask task = new();
        int evaluations = 0;
        using Trainer trainer = new(task, new DrawnRows(), Options with { EvaluateEvery = 2, EarlyStopping = 3 })
        {
            Development = new Scripted([0.5, 0.6, 0.1, 0.1, 0.1, 0.9, 0.9, 0.9], () => evaluations++),
        };
        trainer.Run(TestContext.Current.CancellationToken);
        Assert.Equal(5, evaluations);
    }

    [Fact]
    public void ATimeBudgetBoundsTheRunAndBringsTheRateToZero()
    {
        Recorder recorder = new();
        using LinearTask task = new();
        TrainingOptions options = Options with { Steps = null, TimeBudget = TimeSpan.FromMilliseconds(300) };
        using Trainer trainer = new(task, new DrawnRows(stepsPerEpoch: null), options, null, recorder);
        trainer.Run(TestContext.Current.CancellationToken);
        Assert.True(recorder.Updates.Count > 3);
        Assert.True(recorder.Updates[^1].LearningRate < 0.1 * options.LearningRate);
    }

    [Fact]
    public void OneBoundIsNeeded()
    {
        InputException error = Assert.Throws<InputException>(() => new TrainingOptions().Validate());
        Assert.Contains("epochs, steps and time-budget", error.Message, StringComparison.Ordinal);
    }

    private static float[] Train(DrawnRows rows, TrainingOptions options)
    {
        using LinearTask task = new();
        using Trainer trainer = new(task, rows, options);
        trainer.Run(TestContext.Current.CancellationToken);
        return task.Weights;
    }

    private sealed class CancelAt(long step, CancellationTokenSource source) : ITrainingObserver
    {
        public void Updated(UpdateRecord update)
        {
            if (update.Step == step) source.Cancel();
        }
    }

    private sealed class Recorder : ITrainingObserver
    {
        public List<UpdateRecord> Updates { get; } = [];

        public void Updated(UpdateRecord update) => Updates.Add(update);
    }

    private sealed class Scripted(double[] values, Action onEvaluate) : IDevelopmentEvaluation
    {
        private int _next;

        public string Metric => "score";

        public bool LargerIsBetter => true;

        public IReadOnlyDictionary<string, double> Evaluate()
        {
            onEvaluate();
            return new Dictionary<string, double>(StringComparer.Ordinal) { ["score"] = values[_next++] };
        }
    }
}
