using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Evaluation;
using Graft.Inference;
using Graft.Pretrained;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tasks.Contrastive;
using Graft.Tasks.SequenceClassification;
using Graft.Training;
using Graft.Tuning;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Tasks;

/// <summary>Contrastive runs: what their folders hold, how they answer and embed, what they promise of gradients and of stopping.</summary>
public sealed class ContrastiveTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void TheRunAnswersAndEmbeds()
    {
        FineTuningResult result = FineTuning.Run(Options(24) with { Evaluation = _tiny.Reviews("dev.tsv", 40, seed: 2) });
        Assert.True(result.Scores[0].Interval.Value > 0.9, $"accuracy {result.Scores[0].Interval.Value}");
        Assert.Equal(
            result.Scores[0].Interval.Value,
            RunEvaluation.Evaluate(result.Folder, _tiny.PathOf("dev.tsv")).Scores[0].Interval.Value,
            12
        );
        using Embedder embedder = Embedder.Load(result.Folder);
        Assert.True(embedder.Normalizes);
        float[] good = embedder.Embed("the film was good ."),
            kind = embedder.Embed("the film was kind ."),
            bad = embedder.Embed("the film was bad .");
        Assert.True(Embedder.Cosine(good, kind) > Embedder.Cosine(good, bad), "texts of one label are not closer");
        using Predictor predictor = Predictor.Load(result.Folder, calibrated: false);
        ClassPrediction answer = predictor.Predict<ClassPrediction>("the film was good .");
        using Checkpoint head = Checkpoint.Open(Path.Combine(result.Folder, "classifier.safetensors"));
        (float[] weight, float[] bias) = (head["classifier.weight"].ToSingles(), head["classifier.bias"].ToSingles());
        for (int c = 0; c < 2; c++) Assert.Equal(answer.Logits[c], new LinearClassifier(weight, bias).Score(good)[0][c], 1e-4);
    }

    [Fact]
    public void TheFolderIsThatOfAnEmbeddingModelAndComesBackFromSaving()
    {
        string folder = FineTuning.Run(Options(16)).Folder;
        JsonArray modules = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "modules.json")))!.AsArray();
        Assert.Equal(["Transformer", "Pooling", "Normalize"], modules.Select(module => ((string)module!["type"]!).Split('.')[^1]));
        Assert.Equal("BertModel", (string?)JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!["architectures"]![0]);
        string copy = _tiny.PathOf("copy");
        using (PretrainedModel model = PretrainedModel.Load(folder))
        {
            Assert.Equal(HeadKinds.SequenceClassification, model.HeadKind);
            Assert.Empty(model.Report.Missing);
            model.Save(copy);
        }

        foreach (string file in new[] { "model.safetensors", "classifier.safetensors", "modules.json", "config.json" })
            Assert.Equal(File.ReadAllBytes(Path.Combine(folder, file)), File.ReadAllBytes(Path.Combine(copy, file)));
    }

    [Fact]
    public void FullTuningGoesOnFromTheBody()
    {
        string body = FineTuning.Run(Options(16)).Folder;
        FineTuningResult result = FineTuning.Run(
            Options(16) with
            {
                Model = body,
                Strategy = new FullTuning(),
                Output = _tiny.PathOf("full"),
                LearningRate = 1e-3,
            }
        );
        Assert.False(File.Exists(Path.Combine(result.Folder, "classifier.safetensors")));
        using Predictor predictor = Predictor.Load(result.Folder);
        Assert.Contains(predictor.Predict("the film was good .").Answer, predictor.Task.Labels);
    }

    [Fact]
    public void AnInterruptedRunResumesToTheSameBits()
    {
        FineTuningOptions options = Options(16) with { Dropout = 0.1 };
        string whole = FineTuning.Run(options with { Output = _tiny.PathOf("whole") }).Folder;
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() => FineTuning.Run(options, [new StopAt(5, stop)], cancellationToken: stop.Token));
        string resumed = FineTuning.Run(options with { Resume = true }).Folder;
        foreach (string file in new[] { "model.safetensors", "classifier.safetensors" })
            Assert.Equal(File.ReadAllBytes(Path.Combine(whole, file)), File.ReadAllBytes(Path.Combine(resumed, file)));
        Assert.True(FineTuning.Run(options with { Resume = true }).WasFinished);
        Assert.Throws<InputException>(() =>
            FineTuning.Run(
                options with
                {
                    Resume = true,
                    Strategy = new ContrastiveTuning { Rounds = 3 },
                }
            )
        );
    }

    [Fact]
    public void CuttingTheBatchChangesNoUpdate()
    {
        float[] whole = Trained(accumulation: 1), cut = Trained(accumulation: 4);
        float largest = whole.Max(Math.Abs);
        for (int i = 0; i < whole.Length; i++)
            Assert.True(Math.Abs(whole[i] - cut[i]) <= 2e-5 * largest, $"value {i}: {whole[i]} and {cut[i]}");
    }

    [Fact]
    public void SeveralLabelsAreLearned()
    {
        string train = _tiny.Write(
            "labels.tsv",
            [
                "text\tlabels",
                .. Enumerable
                    .Range(0, 12)
                    .SelectMany(i =>
                        new[]
                        {
                            "the film was good .\tfilm|good",
                            "the book was good .\tbook|good",
                            "the film was bad .\tfilm",
                            "the story was awful .\t",
                        }
                    ),
            ]
        );
        FineTuningOptions options = Options(4) with { Task = new MultiLabelClassification(), Train = train, Evaluation = train };
        FineTuningResult result = FineTuning.Run(options with { Epochs = 2 });
        Assert.True(result.Scores[0].Interval.Value > 0.8, $"micro F1 {result.Scores[0].Interval.Value}");
        using Predictor predictor = Predictor.Load(result.Folder);
        LabelsPrediction answer = predictor.Predict<LabelsPrediction>("the film was good .");
        Assert.Contains("good", answer.Chosen);
    }

    [Fact]
    public void PairsOfTextsAreLearned()
    {
        string train = _tiny.Write(
            "pairs.tsv",
            [
                "text1\ttext2\tlabel",
                .. Enumerable
                    .Range(0, 10)
                    .SelectMany(_ =>
                        new[] { "the film\twas good\tyes", "the film\twas bad\tno", "a book\twas kind\tyes", "a book\twas dull\tno" }
                    ),
            ]
        );
        FineTuningResult result = FineTuning.Run(Options(4) with { Train = train, Evaluation = train });
        Assert.True(result.Scores[0].Interval.Value > 0.9, $"accuracy {result.Scores[0].Interval.Value}");
    }

    [Fact]
    public void TheClassifiersLossOnDevelopmentDataStopsTheRun()
    {
        // Labels of development data are turned round: the better the classifier, the larger its loss, so the first evaluation stays the
        // best.
        string upsideDown = _tiny.Write(
            "turned.tsv",
            File.ReadAllLines(_tiny.Reviews("dev.tsv", 40, seed: 2))
                .Select(line =>
                    line.EndsWith("positive", StringComparison.Ordinal)
                        ? line.Replace("positive", "negative", StringComparison.Ordinal)
                        : line.Replace("negative", "positive", StringComparison.Ordinal)
                )
        );
        FineTuningResult result = FineTuning.Run(
            Options(24) with
            {
                Evaluation = upsideDown,
                Training = new TrainingOptions { EarlyStopping = 2 },
            }
        );
        JsonNode[] lines = [.. File.ReadLines(Path.Combine(result.Folder, "metrics.jsonl")).Select(line => JsonNode.Parse(line)!)];
        JsonNode[] evaluations = [.. lines.Where(line => line["evaluation"] is not null)];
        Assert.InRange(evaluations.Length, 3, 6);
        Assert.All(evaluations, line => Assert.NotNull(line["evaluation"]!["head_loss"]));
        Assert.InRange(lines.Count(line => line["loss"] is not null), 1, 50); // of 60 updates
    }

    [Fact]
    public void WhatTheStrategyDoesNotDoIsRefused()
    {
        Assert.Contains(
            "whole texts",
            Refused(Options(16) with { Task = FineTuningTasks.Parse("token-classification"), Train = _tiny.Entities("e.conll", 4) }),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "tells labels apart",
            Refused(Options(16) with { Task = new TextRegression(), Train = _tiny.Numbers("n.tsv", 8) }),
            StringComparison.Ordinal
        );
        Assert.Contains(
            "label smoothing",
            Refused(Options(16) with { Task = new TextClassification { Loss = new LossOptions { LabelSmoothing = 0.1 } } }),
            StringComparison.Ordinal
        );
        Assert.Contains("rounds", Refused(Options(16) with { Strategy = new ContrastiveTuning { Rounds = 0 } }), StringComparison.Ordinal);
    }

    private static string Refused(FineTuningOptions options) => Assert.Throws<InputException>(() => FineTuning.Run(options)).Message;

    private float[] Trained(int accumulation)
    {
        FineTuningOptions options = Options(16) with
        {
            Dropout = 0.1,
            GradientAccumulation = accumulation,
            Training = new TrainingOptions { Steps = 1 },
        };
        Prepared prepared = Prepared.Of(options, NullLogger.Instance);
        options = options.WithOneHome();
        using ContrastiveFit fit = new(
            options,
            prepared.Task,
            prepared.EncodedTrain.Features,
            feature => prepared.Train.PlaceOf(feature.Example),
            NullLogger.Instance
        );
        PairBatches batches = new(
            prepared.EncodedTrain.Features,
            _ => new PairSampler(VectorClassifierFit.LabelsOf(prepared.EncodedTrain.Features), 1).Draw(new ContrastiveTuning()),
            new BatchingOptions { BatchSize = 16, GradientAccumulation = accumulation },
            feature => $"{feature.Example}"
        );
        ContrastiveTrainable trainable = new(fit.Model, fit.Model.Network, new LayerSchedule());
        using DisposeScope scope = NewDisposeScope();
        foreach (IMicroBatch batch in batches.Batch(0))
            (trainable.LossSums(batch, new StepContext(0, 0, 5))[0] / 16).backward();
        return fit
            .Model.Network.Declared()
            .First(parameter => parameter.Name.EndsWith("word_embeddings.weight", StringComparison.Ordinal))
            .Value.grad!.data<float>()
            .ToArray();
    }

    private FineTuningOptions Options(int texts) => new()
    {
        Model = _tiny.ModelFolder,
        Task = new TextClassification(),
        Strategy = new ContrastiveTuning(),
        Train = _tiny.Reviews("train.tsv", texts),
        Output = _tiny.PathOf("run"),
        LearningRate = 1e-3,
        Dropout = 0,
    };

    private sealed class StopAt(long step, CancellationTokenSource source) : ITrainingObserver
    {
        public void Updated(UpdateRecord update)
        {
            if (update.Step == step) source.Cancel();
        }
    }
}
