using Graft.Data;
using Graft.Inference;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Training;
using Graft.Tuning;
using Microsoft.Extensions.Logging.Abstractions;

namespace Graft.Tests.Tasks;

/// <summary>Runs that leave the strategy to their labels, that have no development data, or nothing but the names of labels.</summary>
public sealed class StrategyChoiceTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData(16, 2, "contrastive")]
    [InlineData(499, 2, "contrastive")]
    [InlineData(500, 2, "full")]
    [InlineData(308, 77, "frozen")]
    [InlineData(616, 77, "contrastive")]
    [InlineData(9_000, 77, "full")]
    [InlineData(100, 0, "full")]
    public void TheNumberOfLabelsAClassDecides(int examples, int classes, string way) =>
        Assert.Equal(way, StrategyChoice.Recommended(examples, classes).Ways[0]);

    [Fact]
    public void ARunWithoutAStrategyTellsWhatItTakesAndEstimatesOnHeldOutLabels()
    {
        List<string> lines = [];
        FineTuningResult result = FineTuning.Run(
            Options() with
            {
                Strategy = new FullTuning(),
                ChoosesStrategy = true,
                LearningRate = null,
            },
            logger: new LineLogger(lines.Add)
        );
        Assert.Contains(lines, line => line.StartsWith("strategy contrastive: 12 labels a class are few", StringComparison.Ordinal));
        RunManifest record = RunManifest.Read(result.Folder)!;
        Assert.Equal("contrastive", record.Strategy);
        Assert.Equal("12 labels a class are few: pairs of texts teach more than labels alone", record.StrategyReason);
        Assert.Equal("accuracy", Assert.Single(result.Scores).Name);
        Assert.NotNull(record.Decisions!.Temperature);
        Assert.Equal(24, record.Train!.Examples);
    }

    [Fact]
    public void WhatIsAskedOfTrainingByLabelsKeepsFullTuning()
    {
        foreach (
            FineTuningOptions options in new[]
            {
                Options() with
                {
                    Epochs = 1,
                },
                Options() with
                {
                    Training = new TrainingOptions { Steps = 2 },
                },
                Options() with
                {
                    Layers = new LayerSchedule { Decay = 0.9 },
                },
            }
        )
        {
            Prepared prepared = Prepared.Of(options, NullLogger.Instance);
            Assert.IsType<FullTuning>(
                StrategyChoice.Apply(options with { ChoosesStrategy = true, LearningRate = null }, prepared, NullLogger.Instance).Strategy
            );
        }
    }

    [Fact]
    public void AStrategyThatWasAskedForStays()
    {
        FineTuningOptions options = Options() with { Strategy = new Lora() };
        Assert.Same(options, StrategyChoice.Apply(options, Prepared.Of(options, NullLogger.Instance), NullLogger.Instance));
    }

    [Fact]
    public void NamesOfLabelsAloneMakeAClassifier()
    {
        FineTuningResult result = FineTuning.Run(
            Options() with
            {
                Train = "",
                Columns = new ColumnOptions { LabelNames = ["good", "bad_film"] },
                Strategy = new ContrastiveTuning { Template = "the story was {label} ." },
            }
        );
        Assert.Empty(result.Scores);
        using Predictor predictor = Predictor.Load(result.Folder);
        Assert.Equal(["bad_film", "good"], predictor.Task.Labels);
        Assert.Equal("good", predictor.Predict("the story was good .").Answer);
        RunManifest record = RunManifest.Read(result.Folder)!;
        Assert.Equal(16, record.Train!.Examples); // eight texts of each name
        Assert.Null(record.Train.Sha256);
    }

    [Fact]
    public void ATemplateAddsTextsToTrainingData()
    {
        FineTuningOptions options = Options() with { Strategy = new ContrastiveTuning { Template = "the film was {label} ." } };
        Prepared prepared = Prepared.Of(options, NullLogger.Instance);
        Assert.Equal(24 + 4, prepared.Train.Count);
        Assert.Equal("the film was negative .", prepared.Train.TextOf(24));
        Assert.Contains(
            "{label}",
            Assert
                .Throws<InputException>(() => FineTuning.Run(Options() with { Strategy = new ContrastiveTuning { Template = "no place" } }))
                .Allowed,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void WithoutTrainingDataOtherRunsAreRefused()
    {
        Assert.Contains(
            "label-names",
            Assert.Throws<InputException>(() => FineTuning.Run(Options() with { Train = "" })).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "contrastive",
            Assert.Throws<InputException>(() => FineTuning.Run(Options() with { Train = "", Strategy = new FullTuning() })).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "regression",
            Assert.Throws<InputException>(() => FineTuning.Run(Options() with { Train = "", Task = new TextRegression() })).Message,
            StringComparison.Ordinal
        );
    }

    private FineTuningOptions Options() => new()
    {
        Model = _tiny.ModelFolder,
        Task = new TextClassification(),
        Strategy = new ContrastiveTuning { Rounds = 4 },
        Train = _tiny.Reviews("train.tsv", 24),
        Output = _tiny.PathOf("run"),
        LearningRate = 1e-3,
        Dropout = 0,
    };
}
