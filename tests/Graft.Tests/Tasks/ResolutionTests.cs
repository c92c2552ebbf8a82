using Graft.Runs;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Training;
using Graft.Tuning;

namespace Graft.Tests.Tasks;

/// <summary>
/// Options have one home; what is open is resolved once, told, and stored with its reason; nothing is ignored in silence.
/// </summary>
public sealed class ResolutionTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void WhatTheOptionsOfTrainingSayIsWhatTheRunDoes()
    {
        RunManifest run = Run(Options() with { Training = new TrainingOptions { LearningRate = 1e-4, Epochs = 2 } });
        Assert.Equal((1e-4, "as asked"), (run.LearningRate!.Value.Value, run.LearningRate.Value.Reason));
        Assert.Equal((2, "as asked"), (run.Epochs!.Value.Value, run.Epochs.Value.Reason));
    }

    [Fact]
    public void TwoAnswersToOneQuestionAreRefused()
    {
        FineTuningOptions twice = Options() with { LearningRate = 1e-3, Training = new TrainingOptions { LearningRate = 1e-4 } };
        string message = Assert.Throws<InputException>(() => Run(twice)).Message;
        Assert.Contains("learning-rate", message, StringComparison.Ordinal);
        Assert.Contains("one of the two", message, StringComparison.Ordinal);
        FineTuningOptions chosen = Options() with { Strategy = new Lora(), ChoosesStrategy = true };
        Assert.Contains("strategy", Assert.Throws<InputException>(() => Run(chosen)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsOpenIsResolvedToldAndStoredWithItsReason()
    {
        List<string> lines = [];
        RunManifest run = Run(Options() with { Training = new TrainingOptions { Steps = 2 } }, lines);
        Assert.Null(run.Epochs);
        Assert.Equal(2, run.Steps);
        Assert.Contains("Turc", run.LearningRate!.Value.Reason, StringComparison.Ordinal);
        Assert.Contains("below 1,000", run.BatchSize!.Value.Reason, StringComparison.Ordinal);
        Assert.Contains(
            lines,
            line => line.Contains(run.LearningRate.Value.Reason, StringComparison.Ordinal)
                && line.Contains(run.BatchSize.Value.Reason, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void WhatHasNoEffectIsTold()
    {
        List<string> lines = [];
        Run(Options() with { Epochs = 3, Training = new TrainingOptions { Steps = 2 } }, lines);
        Assert.Contains(lines, line => line.StartsWith("epochs 3 are not counted", StringComparison.Ordinal));
        lines.Clear();
        Run(Options() with { LearningRate = 0.5, Strategy = new HeadTuning { OnVectors = true }, Output = _tiny.PathOf("vectors") }, lines);
        Assert.Contains(lines, line => line.StartsWith("`learning-rate` 0.5 has no effect: one optimum", StringComparison.Ordinal));
    }

    private FineTuningOptions Options() => new()
    {
        Model = _tiny.ModelFolder,
        Task = new TextClassification(),
        Train = _tiny.Reviews("train.tsv", 40),
        Output = _tiny.PathOf("run"),
        Overwrite = true,
    };

    private static RunManifest Run(FineTuningOptions options, List<string>? lines = null) =>
        RunManifest.Read(FineTuning.Run(options, logger: lines is null ? null : new LineLogger(lines.Add)).Folder)!;
}
