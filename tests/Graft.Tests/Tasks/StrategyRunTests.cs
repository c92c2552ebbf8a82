using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Data;
using Graft.Heads;
using Graft.Inference;
using Graft.Pretrained;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tasks.TokenClassification;
using Graft.Training;
using Graft.Tuning;

namespace Graft.Tests.Tasks;

/// <summary>Whole runs with every strategy: what the folder holds, that it answers, that it resumes to the same bits.</summary>
public sealed class StrategyRunTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    public StrategyRunTests() => Environment.SetEnvironmentVariable("GRAFT_CACHE", _tiny.PathOf("cache"));

    public static TheoryData<string> Strategies => [.. TuningStrategies.Names];

    public static TheoryData<string> Adapters => [.. TuningStrategies.Names.Where(name => TuningStrategies.Parse(name).SavesAdapterOnly)];

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void ColumnsOfTheEvaluatedFileAreNotAskedOfTheTrainingData()
    {
        FineTuningResult result = FineTuning.Run(Options(new HeadTuning { Features = new FeatureOptions() }));
        string[] lines = File.ReadAllLines(_tiny.Reviews("dev.tsv", 30, seed: 2));
        string other = _tiny.PathOf("other.csv");
        File.WriteAllLines(other, [.. lines.Skip(1).Select(line => line.Replace('\t', ',')).Prepend("body,verdict")]);
        ColumnOptions named = new() { Format = "csv", Delimiter = ",", Text = "body", Label = "verdict" };
        RunEvaluation evaluation = RunEvaluation.Evaluate(result.Folder, other, named);
        Assert.Equal(30, evaluation.Examples);
        Assert.NotEmpty(evaluation.Baselines);
    }

    [Theory]
    [MemberData(nameof(Strategies))]
    public void ARunHoldsWhatItsStrategyKeepsAndAnswersAsItWasMeasured(string name)
    {
        TuningStrategy strategy = TuningStrategies.Parse(name);
        FineTuningResult result = FineTuning.Run(Options(strategy) with { Evaluation = _tiny.Reviews("dev.tsv", 30, seed: 2) });
        Assert.Equal(strategy.SavesAdapterOnly, File.Exists(Path.Combine(result.Folder, "adapter_config.json")));
        Assert.Equal(strategy.SavesAdapterOnly, File.Exists(Path.Combine(result.Folder, "adapter_model.safetensors")));
        Assert.Equal(!strategy.SavesAdapterOnly, File.Exists(Path.Combine(result.Folder, "model.safetensors")));
        JsonNode record = JsonNode.Parse(File.ReadAllText(Path.Combine(result.Folder, "graft.json")))!;
        Assert.Equal(name, (string?)record["strategy"]);
        Assert.InRange((long)record["parameters"]!["trained"]!, 1, (long)record["parameters"]!["all"]!);
        RunEvaluation evaluation = RunEvaluation.Evaluate(result.Folder, _tiny.PathOf("dev.tsv"));
        Assert.Equal(result.Scores[0].Interval.Value, evaluation.Scores[0].Interval.Value, 12);
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void AnInterruptedRunResumesToTheSameBits(string name)
    {
        FineTuningOptions options = Options(TuningStrategies.Parse(name)) with { Dropout = 0.1 };
        byte[] expected = Adapter(FineTuning.Run(options with { Output = _tiny.PathOf("whole") }).Folder);
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() => FineTuning.Run(options, [new StopAt(3, stop)], cancellationToken: stop.Token));
        Assert.Equal(expected, Adapter(FineTuning.Run(options with { Resume = true }).Folder));
    }

    [Fact]
    public void LoraLearnsAndMergesIntoAnOrdinaryModel()
    {
        FineTuningOptions options = Options(new Lora { TargetModules = ["query", "key", "value", "dense"], Dropout = 0 }) with
        {
            Train = _tiny.Reviews("train.tsv", 200), Evaluation = _tiny.Reviews("dev.tsv", 60, seed: 2), Epochs = 16, LearningRate = 1e-2,
        };
        FineTuningResult result = FineTuning.Run(options);
        Assert.True(result.Scores[0].Interval.Value > 0.9, $"accuracy {result.Scores[0].Interval.Value}");
        string merged = _tiny.PathOf("merged");
        using (PretrainedModel model = PretrainedModel.Load(result.Folder))
        {
            model.Merge();
            model.Save(merged);
        }

        Assert.True(File.Exists(Path.Combine(merged, "model.safetensors")));
        using Predictor before = Predictor.Load(result.Folder, calibrated: false),
            after = Predictor.Load(merged);
        double[] expected = ((ClassPrediction)before.Predict("the book was lovely .")).Probabilities,
            actual = ((ClassPrediction)after.Predict("the book was lovely .")).Probabilities;
        for (int label = 0; label < expected.Length; label++)
            Assert.Equal(expected[label], actual[label], 1e-4);
    }

    [Theory]
    [InlineData("prompt")]
    [InlineData("prefix")]
    [InlineData("pfeiffer")]
    public void TokensAreTaggedBesideVirtualOnes(string name)
    {
        string train = _tiny.Entities("train.conll", 40);
        FineTuningOptions options = Options(TuningStrategies.Parse(name)) with
        {
            Task = new TokenClassification(),
            Train = train,
            Evaluation = train,
        };
        FineTuningResult result = FineTuning.Run(options);
        RunEvaluation evaluation = RunEvaluation.Evaluate(result.Folder, train);
        Assert.Equal(result.Scores[0].Interval.Value, evaluation.Scores[0].Interval.Value, 12);
    }

    [Fact]
    public void AdaptersOfDifferentTasksAnswerFromOneBackbone()
    {
        string reviews = FineTuning.Run(Options(new Lora()) with { Output = _tiny.PathOf("reviews") }).Folder;
        string train = _tiny.Entities("train.conll", 40);
        string entities = FineTuning
            .Run(
                Options(BottleneckAdapter.Houlsby) with
                {
                    Task = new TokenClassification(),
                    Train = train,
                    Output = _tiny.PathOf("entities"),
                }
            )
            .Folder;
        using AdapterServer server = AdapterServer.Load([reviews, entities]);
        (int, string, string?)[] asked =
        [
            (1, "anna lives in rome .", null),
            (0, "the film was good .", null),
            (1, "omar lives in oslo ?", null),
            (0, "a dull book", null),
        ];
        IReadOnlyList<Prediction> together = server.Predict(asked);
        using Predictor first = Predictor.Load(reviews), second = Predictor.Load(entities);
        for (int i = 0; i < asked.Length; i++)
        {
            Prediction alone = (asked[i].Item1 == 0 ? first : second).Predict(asked[i].Item2);
            Assert.Equal(alone.Answer, together[i].Answer);
            if (alone is ClassPrediction expected)
                Assert.Equal(expected.Probabilities[0], ((ClassPrediction)together[i]).Probabilities[0], 1e-5);
        }

        Assert.Contains(
            "no adapter 7",
            Assert.Throws<InputException>(() => server.Predict([(7, "a", null)])).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(FeatureClassifier.Logistic)]
    [InlineData(FeatureClassifier.Linear)]
    public void CachedFeaturesAnswerAsLiveOnes(FeatureClassifier classifier)
    {
        HeadTuning strategy = new()
        {
            Features = new FeatureOptions { Layers = [-1, -2], Pooling = EmbeddingPooling.Mean },
            Classifier = classifier,
        };
        List<string> notes = [];
        FineTuningOptions options = Options(strategy) with
        {
            Evaluation = _tiny.Reviews("dev.tsv", 60, seed: 2),
            Train = _tiny.Reviews("train.tsv", 200),
            LearningRate = null,
            Epochs = 5,
        };
        FineTuningResult result = FineTuning.Run(options, logger: new LineLogger(notes.Add));
        Assert.True(result.Scores[0].Interval.Value > 0.8, $"accuracy {result.Scores[0].Interval.Value}");
        RunEvaluation evaluation = RunEvaluation.Evaluate(result.Folder, _tiny.PathOf("dev.tsv"));
        Assert.Equal(result.Scores[0].Interval.Value, evaluation.Scores[0].Interval.Value, 12);
        Assert.Equal(2, notes.Count(note => note.Contains("are kept in", StringComparison.Ordinal)));

        notes.Clear();
        FineTuning.Run(options with { Output = _tiny.PathOf("again") }, logger: new LineLogger(notes.Add));
        Assert.Equal(
            2,
            notes.Count(note => note.Contains(" from ", StringComparison.Ordinal) && note.Contains("features", StringComparison.Ordinal))
        );
        Assert.Equal(Adapter(result.Folder), Adapter(_tiny.PathOf("again")));
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("t5")]
    [InlineData("roberta")]
    public void CachedFeaturesOfOtherFamiliesAnswerAsLiveOnes(string family)
    {
        string model = _tiny.PathOf(family);
        TinyFamily.Create(model, family, HeadKinds.None);
        FineTuningOptions options = Options(new HeadTuning { Features = new FeatureOptions() }) with
        {
            Model = model,
            Evaluation = _tiny.Reviews("dev.tsv", 60, seed: 2),
            LearningRate = null,
        };
        FineTuningResult result = FineTuning.Run(options);
        Assert.Equal(
            result.Scores[0].Interval.Value,
            RunEvaluation.Evaluate(result.Folder, _tiny.PathOf("dev.tsv")).Scores[0].Interval.Value,
            12
        );
    }

    [Fact]
    public void ACacheThatCannotBeWrittenCostsNoRun()
    {
        Environment.SetEnvironmentVariable("GRAFT_CACHE", _tiny.Write("a-file.txt", ["no folder"]));
        FineTuningResult result = FineTuning.Run(Options(new HeadTuning { Features = new FeatureOptions() }));
        Assert.NotEmpty(Directory.GetFiles(result.Folder, "*model.safetensors"));
    }

    [Fact]
    public void NumbersAreLearnedFromCachedFeatures()
    {
        HeadTuning strategy = new() { Features = new FeatureOptions() };
        FineTuningOptions options = Options(strategy) with
        {
            Task = new TextRegression(),
            Train = _tiny.Numbers("train.tsv", 200),
            Evaluation = _tiny.Numbers("dev.tsv", 60),
            LearningRate = null,
        };
        FineTuningResult result = FineTuning.Run(options);
        Assert.True(result.Scores[0].Interval.Value > 0.7, $"{result.Scores[0].Name} {result.Scores[0].Interval.Value}");
    }

    [Fact]
    public void ImpossibleCombinationsAreRefusedWithOneLine()
    {
        Assert.Throws<InputException>(() => FineTuning.Run(Options(new Lora()) with { FromScratch = true }));
        Assert.Throws<InputException>(() => FineTuning.Run(Options(new Lora { TargetModules = ["nothing"] })));
        Assert.Throws<InputException>(() => FineTuning.Run(Options(new Lora()) with { Layers = new LayerSchedule { Reinitialized = 1 } }));
        Assert.Throws<InputException>(() => FineTuning.Run(Options(new HeadTuning { Features = new FeatureOptions { Layers = [-9] } })));
        Assert.False(Directory.Exists(_tiny.PathOf("run")));
    }

    [Fact]
    public void LayersLearnMoreSlowlyTheLowerTheyAreAndOneAfterTheOther()
    {
        using PretrainedModel model = PretrainedModel.Load(
            _tiny.ModelFolder,
            new LoadOptions { Head = Graft.Backbones.HeadKinds.SequenceClassification }
        );
        LayerDepths depths = new(model.Network);
        LayerSchedule schedule = new() { Decay = 0.5, Unfreezing = 0.6 };
        const string embeddings = "bert.embeddings.word_embeddings.weight",
            lower = "bert.encoder.layer.0.output.dense.weight",
            upper = "adapter.bert.encoder.layer.1.output.adapters.task.adapter_up.weight";
        Assert.Equal(
            [0.25, 0.5, 1, 1],
            new[] { embeddings, lower, upper, "classifier.weight" }.Select(name => schedule.RateFactor(depths, name))
        );
        Assert.Equal(
            [60L, 40, 20, 0],
            new[] { embeddings, lower, upper, "classifier.weight" }.Select(name => schedule.StartsAt(depths, name, 100))
        );
    }

    [Fact]
    public void GradualUnfreezingLeavesLowerLayersAsTheyAreUntilTheirTurn()
    {
        // Four updates: the highest layer learns from the second on, the lower one from the third, the embeddings from the fourth.
        FineTuningOptions options = Options(new FullTuning()) with { Layers = new LayerSchedule { Unfreezing = 0.99 }, Epochs = 2 };
        Watch watch = new();
        FineTuning.Run(options, [watch]);
        Assert.Equal(4, watch.Norms.Count);
        using Checkpoint before = Checkpoint.Open(_tiny.ModelFolder),
            after = Checkpoint.Open(options.Output);
        Assert.NotEqual(
            before["encoder.layer.1.output.dense.weight"].ToSingles(),
            after["bert.encoder.layer.1.output.dense.weight"].ToSingles()
        );
        Assert.True(watch.Norms[0] < watch.Norms[^1], "the first update is the head's alone");
    }

    private FineTuningOptions Options(TuningStrategy strategy) =>
        new()
        {
            Model = _tiny.ModelFolder,
            Task = new TextClassification(),
            Train = _tiny.Reviews("small.tsv", 64),
            Output = _tiny.PathOf("run"),
            Strategy = strategy,
            Epochs = 3,
            LearningRate = 5e-3,
            BatchSize = 32,
            Dropout = 0,
            Encoding = new EncodingOptions { MaxLength = 32 },
        };

    private static byte[] Adapter(string folder) => File.ReadAllBytes(Path.Combine(folder, "adapter_model.safetensors"));

    private sealed class Watch : ITrainingObserver
    {
        public List<double> Norms { get; } = [];

        public void Updated(UpdateRecord update) => Norms.Add(update.GradientNorm);
    }

    private sealed class StopAt(long step, CancellationTokenSource source) : ITrainingObserver
    {
        public void Updated(UpdateRecord update)
        {
            if (update.Step == step) source.Cancel();
        }
    }
}
