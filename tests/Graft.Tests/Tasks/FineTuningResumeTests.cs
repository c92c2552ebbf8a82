using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Torch.Optimizers;
using Graft.Training;

namespace Graft.Tests.Tasks;

/// <summary>A run that was interrupted, or that followed the clock, is made again to the same bits; no other run is taken for it.</summary>
public sealed class FineTuningResumeTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData(3)]
    [InlineData(7)]
    public void AnInterruptedRunResumesToTheSameBits(long interruptedAt)
    {
        FineTuningOptions options = _tiny.Options(
            new TextClassification(), _tiny.Reviews("train.tsv", 64), _tiny.Reviews("dev.tsv", 16)) with
        {
            Epochs = 5,
            Dropout = 0.1,
        };
        float[] expected = FineTuningTests.Weights(FineTuning.Run(options with { Output = _tiny.PathOf("uninterrupted") }).Folder);
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() =>
            FineTuning.Run(options, [new StopAt(interruptedAt, stop)], cancellationToken: stop.Token)
        );
        Assert.False(File.Exists(Path.Combine(options.Output, "model.safetensors")));
        Assert.Throws<InputException>(() => FineTuning.Run(options));
        FineTuningResult resumed = FineTuning.Run(options with { Resume = true });
        Assert.Equal(expected, FineTuningTests.Weights(resumed.Folder));
        Assert.Equal(
            10,
            File.ReadLines(Path.Combine(resumed.Folder, "metrics.jsonl"))
                .Count(line =>
                    line.Contains("\"loss\"", StringComparison.Ordinal) && line.Contains("gradient_norm", StringComparison.Ordinal)
                )
        );
        Assert.True(FineTuning.Run(options with { Resume = true }).WasFinished);
    }

    [Fact]
    public void ATimedRunCanBeReplayed()
    {
        FineTuningOptions options = _tiny.Options(new TextClassification(), _tiny.Reviews("train.tsv", 64)) with
        {
            Epochs = null,
            Dropout = 0.1,
            Training = new TrainingOptions { TimeBudget = TimeSpan.FromSeconds(1) },
        };
        FineTuningResult timed = FineTuning.Run(options);
        IReadOnlyList<double> rates = MetricsLog.LearningRates(Path.Combine(timed.Folder, "metrics.jsonl"));
        FineTuningResult replayed = FineTuning.Run(
            options with
            {
                Output = _tiny.PathOf("replayed"),
                Training = new TrainingOptions { Steps = rates.Count, Replay = rates },
            }
        );
        Assert.Equal(FineTuningTests.Weights(timed.Folder), FineTuningTests.Weights(replayed.Folder));
    }

    [Fact]
    public void AnotherRateIsNotResumed()
    {
        FineTuningOptions options = _tiny.Options(new TextClassification(), _tiny.Reviews("train.tsv", 64));
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() => FineTuning.Run(options, [new StopAt(3, stop)], cancellationToken: stop.Token));
        InputException failure = Assert.Throws<InputException>(() => FineTuning.Run(options with { Resume = true, LearningRate = 1e-4 }));
        Assert.Contains("learning_rate", failure.Message, StringComparison.Ordinal);
    }

    /// <summary>What changes weights or scores is part of the record, so that a resumed run cannot have another of it.</summary>
    [Fact]
    public void AnotherOptimizerReplayOrColumnIsNotResumed()
    {
        FineTuningOptions options = _tiny.Options(new TextClassification(), _tiny.Reviews("train.tsv", 64)) with { Epochs = 1 };
        FineTuning.Run(options);
        TrainingOptions training = options.Training;
        (string Key, FineTuningOptions Other)[] others =
        [
            ("optimizer_options.beta1", options with { Training = training with { Optimizer = training.Optimizer with { Beta1 = 0.8 } } }),
            ("optimizer_options.beta2", options with { Training = training with { Optimizer = training.Optimizer with { Beta2 = 0.95 } } }),
            (
                "optimizer_options.epsilon",
                options with
                {
                    Training = training with { Optimizer = training.Optimizer with { Epsilon = 1e-6 } },
                }
            ),
            ("optimizer", options with { Training = training with { Muon = new MuonOptions() } }),
            ("evaluate_every", options with { Training = training with { EvaluateEvery = 3 } }), // not said before
            ("examples", options with { Examples = 32 }),
            ("negative_column", options with { Columns = options.Columns with { Negative = "other" } }),
        ];
        foreach ((string key, FineTuningOptions other) in others)
            Assert.Contains(
                key,
                Assert.Throws<InputException>(() => FineTuning.Run(other with { Resume = true })).Message,
                StringComparison.Ordinal
            );
    }

    private sealed class StopAt(long step, CancellationTokenSource source) : ITrainingObserver
    {
        public void Updated(UpdateRecord update)
        {
            if (update.Step == step) source.Cancel();
        }
    }
}
