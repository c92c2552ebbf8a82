using System.Text.Json.Nodes;
using Graft.Checkpoints;
using Graft.Evaluation;
using Graft.Inference;
using Graft.Tasks;
using Graft.Tasks.Objectives;
using Graft.Tasks.MultipleChoice;
using Graft.Tasks.QuestionAnswering;
using Graft.Tasks.SequenceClassification;
using Graft.Tasks.TokenClassification;
using Graft.Training;

namespace Graft.Tests.Tasks;

/// <summary>Whole runs on a tiny model: files in, run folder out.</summary>
public sealed class FineTuningTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void LearnsToTellTextsApartAndAnswersFromTheRunFolder()
    {
        FineTuningResult result = FineTuning.Run(
            _tiny.Options(new TextClassification(), _tiny.Reviews("train.tsv", 200), _tiny.Reviews("dev.tsv", 60, seed: 2))
        );
        Assert.True(result.Scores[0].Interval.Value > 0.9, $"accuracy {result.Scores[0].Interval.Value}");
        foreach (
            string file in new[]
            {
                "config.json",
                "model.safetensors",
                "vocab.txt",
                "graft.json",
                "metrics.json",
                "metrics.jsonl",
                "predictions.jsonl",
                "mistakes.jsonl",
            }
        )
            Assert.True(File.Exists(Path.Combine(result.Folder, file)), file);

        using Predictor predictor = Predictor.Load(result.Folder);
        Assert.Equal("positive", predictor.Predict("the book was lovely .").Answer);
        Assert.Equal("negative", predictor.Predict("the book was awful .").Answer);

        RunEvaluation evaluation = RunEvaluation.Evaluate(result.Folder, _tiny.PathOf("dev.tsv"));
        Assert.Equal(result.Scores[0].Interval.Value, evaluation.Scores[0].Interval.Value, 12);
        Assert.Contains("naive_bayes", evaluation.Baselines.Keys);
        Assert.Equal(
            ["task", "examples", "metrics", "seeds", "mean", "deviation", "baselines", "positive_class", "calibrated"],
            evaluation.ToJson().Select(pair => pair.Key)
        );

        // What the folder says of the development data is what later commands answer by default, and it says so.
        JsonNode written = JsonNode.Parse(File.ReadAllText(Path.Combine(result.Folder, "metrics.json")))!;
        Assert.True((bool?)written["calibrated"]);
        JsonNode asked = evaluation.ToJson()["metrics"]!;
        foreach ((string name, JsonNode? score) in written["metrics"]!.AsObject())
            Assert.Equal((double)asked[name]!["value"]!, (double)score!["value"]!, 6);
        foreach (string line in File.ReadLines(Path.Combine(result.Folder, "predictions.jsonl")).Take(10))
        {
            JsonNode said = JsonNode.Parse(line)!;
            Assert.True((bool?)said["calibrated"]);
            Assert.Equal(predictor.Predict((string)said["text"]!).Confidence!.Value, (double)said["probability"]!, 5);
        }
    }

    [Fact]
    public void AnswersDoNotDependOnTheirNeighbours()
    {
        FineTuningResult result = FineTuning.Run(_tiny.Options(
            new TextClassification(), _tiny.Reviews("train.tsv", 40)) with { Epochs = 1 });
        using Predictor predictor = Predictor.Load(result.Folder);
        (string, string?)[] texts =
        [
            ("good", null),
            ("the film was and the story and the story bad .", null),
            ("a book", null),
            ("kind and dull ?", null),
        ];
        IReadOnlyList<Prediction> together = predictor.Predict(texts);
        for (int i = 0; i < texts.Length; i++)
        {
            double[] alone = ((ClassPrediction)predictor.Predict(texts[i].Item1)).Probabilities,
                beside = ((ClassPrediction)together[i]).Probabilities;
            for (int label = 0; label < alone.Length; label++)
                Assert.Equal(alone[label], beside[label], 1e-5);
        }
    }

    [Fact]
    public void CuttingTheBatchChangesNothing()
    {
        string train = _tiny.Reviews("train.tsv", 64);
        FineTuningOptions options = _tiny.Options(new TextClassification(), train) with { BatchSize = 32, Epochs = 2, Dropout = 0.1 };
        float[] whole = Weights(FineTuning.Run(options with { Output = _tiny.PathOf("whole") }).Folder);
        float[] cut = Weights(FineTuning.Run(options with { Output = _tiny.PathOf("cut"), GradientAccumulation = 8 }).Folder);
        // sums in another order; Adam magnifies the last bits of tiny gradients
        for (int i = 0; i < whole.Length; i++) Assert.Equal(whole[i], cut[i], 2e-4f);
    }

    [Fact]
    public void SeveralSeedsAreSummarizedAndTheBestOneAnswers()
    {
        FineTuningOptions options = _tiny.Options(
            new TextClassification(), _tiny.Reviews("train.tsv", 80), _tiny.Reviews("dev.tsv", 30)) with
        {
            Epochs = 2,
        };
        Assert.Equal([42ul, 43ul], SeededRuns.Run(options, seeds: 2).Select(run => run.Seed));
        JsonNode summary = JsonNode.Parse(File.ReadAllText(Path.Combine(options.Output, "summary.json")))!;
        Assert.Equal(2, summary["seeds"]!.AsArray().Count);
        Assert.NotNull(summary["deviation"]!["accuracy"]);
        using Predictor predictor = Predictor.Load(options.Output);
        Assert.Equal(Path.Combine(options.Output, $"seed-{summary["best_seed"]}"), predictor.Folder);
        Assert.Equal(2, RunEvaluation.Evaluate(options.Output, _tiny.PathOf("dev.tsv")).Runs.Count);
    }

    [Fact]
    public void LearnsANumber()
    {
        FineTuningResult result = FineTuning.Run(
            _tiny.Options(new TextRegression(), _tiny.Numbers("train.tsv", 200), _tiny.Numbers("dev.tsv", 60))
        );
        Assert.True(result.Scores[0].Interval.Value > 0.8, $"spearman {result.Scores[0].Interval.Value}");
    }

    [Fact]
    public void LearnsEntitiesAndGivesTheirOffsets()
    {
        string train = _tiny.Entities("train.conll", 120);
        FineTuningResult result = FineTuning.Run(_tiny.Options(new TokenClassification(), train, train));
        Assert.Equal("entity_f1", result.Scores[0].Name);
        Assert.True(result.Scores[0].Interval.Value > 0.9, $"F1 {result.Scores[0].Interval.Value}");
        using Predictor predictor = Predictor.Load(result.Folder);
        TagsPrediction tags = (TagsPrediction)predictor.Predict("Anna lives in Oslo.");
        Assert.Equal([("PER", "Anna", 0), ("LOC", "Oslo", 14)], tags.Entities.Select(entity => (entity.Type, entity.Text, entity.Start)));
    }

    [Fact]
    public void LearnsToAnswerFromWindows()
    {
        string train = _tiny.Questions("train.json", 150);
        FineTuningOptions options = _tiny.Options(new QuestionAnswering(), train, train) with
        {
            Encoding = new EncodingOptions { MaxLength = 24, Stride = 8 },
            Epochs = 12,
        };
        FineTuningResult result = FineTuning.Run(options);
        Assert.Equal("f1", result.Scores[0].Name);
        Assert.True(result.Scores[0].Interval.Value > 0.8, $"F1 {result.Scores[0].Interval.Value}");
        using Predictor predictor = Predictor.Load(result.Folder);
        AnswerPrediction answer = (AnswerPrediction)predictor.Predict("where ?", "The book was good. Omar lives in Lima.");
        Assert.Equal("Lima", answer.Answer);
        Assert.Equal(33, answer.Best.Start);
    }

    [Fact]
    public void LearnsToChoose()
    {
        string train = _tiny.Choices("train.jsonl", 150);
        FineTuningResult result = FineTuning.Run(_tiny.Options(new MultipleChoice(), train, train));
        Assert.True(result.Scores[0].Interval.Value > 0.9, $"accuracy {result.Scores[0].Interval.Value}");
        using Predictor predictor = Predictor.Load(result.Folder);
        Assert.Equal(0.5, RunEvaluation.Evaluate(result.Folder, train).Baselines["chance"], 12);
    }

    [Fact]
    public void ASweepRanksItsRatesAndGoesOn()
    {
        FineTuningOptions options = _tiny.Options(new TextClassification(), _tiny.Reviews("train.tsv", 200), _tiny.Reviews("dev.tsv", 30));
        IReadOnlyList<SweepResult> results = Sweep.Run(options, [1e-6, 3e-3], seeds: 1);
        Assert.Equal(3e-3, results[0].LearningRate);
        Assert.True(File.Exists(Path.Combine(options.Output, "sweep.html")));
        Assert.Equal(3e-3, (double?)JsonNode.Parse(File.ReadAllText(Path.Combine(options.Output, "sweep.json")))!["best_learning_rate"]);
        DateTime written = File.GetLastWriteTimeUtc(Path.Combine(results[0].Folder, "model.safetensors"));
        Assert.Equal(
            results.Select(result => result.Mean),
            Sweep.Run(options with { Resume = true }, [1e-6, 3e-3], seeds: 1).Select(result => result.Mean)
        );
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(results[0].Folder, "model.safetensors")));
    }

    [Fact]
    public void DecisionsOfDevelopmentDataAreKeptWithTheRun()
    {
        string data = _tiny.Write(
            "labels.tsv",
            [
                "text\tlabels",
                .. Enumerable
                    .Range(0, 60)
                    .Select(i =>
                        $"the film was {(i % 2 == 0 ? "good" : "dull")} and the book was {(i % 3 == 0 ? "kind" : "bad")} "
                            + $".\t{(i % 2 == 0 ? "film" : "")}{(i % 6 == 0 ? "|" : "")}{(i % 3 == 0 ? "book" : "")}"
                    ),
            ]
        );
        FineTuningResult run = FineTuning.Run(
            _tiny.Options(new MultiLabelClassification(), data, data) with
            {
                TuneThreshold = true,
                Epochs = 4,
            }
        );
        using (Predictor predictor = Predictor.Load(run.Folder))
            Assert.NotEqual(0.5, ((MultiLabelClassification)predictor.Task).Threshold);
        Assert.Equal(run.Scores[0].Interval.Value, RunEvaluation.Evaluate(run.Folder, data).Scores[0].Interval.Value, 12);

        FineTuningResult classes = FineTuning.Run(
            _tiny.Options(new TextClassification(), _tiny.Reviews("train.tsv", 60), _tiny.Reviews("dev.tsv", 40)) with
            {
                Output = _tiny.PathOf("classes"),
                Epochs = 2,
            }
        );
        using Predictor plain = Predictor.Load(classes.Folder, calibrated: false),
            calibrated = Predictor.Load(classes.Folder);
        ClassPrediction before = plain.Predict<ClassPrediction>("the film was good ."),
            after = calibrated.Predict<ClassPrediction>("the film was good .");
        Assert.Equal(before.Label, after.Label);
        Assert.Equal(TemperatureScaling.Probabilities(before.Logits, plain.Temperature!.Value), after.Probabilities);
    }

    [Fact]
    public void TheNoAnswerThresholdIsKeptAndUsed()
    {
        string data = _tiny.Write(
            "squad2.jsonl",
            Enumerable
                .Range(0, 60)
                .Select(i =>
                    i % 3 == 0
                        ? new JsonObject
                        {
                            ["id"] = $"q{i}",
                            ["question"] = "where ?",
                            ["context"] = "the film was bad .",
                            ["answers"] = new JsonObject { ["text"] = new JsonArray(), ["answer_start"] = new JsonArray() },
                        }.ToJsonString()
                        : new JsonObject
                        {
                            ["id"] = $"q{i}",
                            ["question"] = "where ?",
                            ["context"] = "anna lives in rome .",
                            ["answers"] = new JsonObject { ["text"] = new JsonArray("rome"), ["answer_start"] = new JsonArray(14) },
                        }.ToJsonString()
                )
        );
        FineTuningResult run = FineTuning.Run(_tiny.Options(new QuestionAnswering(), data, data) with { Epochs = 4 });
        double? threshold = (double?)
            JsonNode.Parse(File.ReadAllText(Path.Combine(run.Folder, "graft.json")))!["decisions"]!["no_answer_threshold"];
        using Predictor predictor = Predictor.Load(run.Folder);
        Assert.NotNull(threshold);
        Assert.Equal(threshold, ((QuestionAnswering)predictor.Task).NoAnswerThreshold);
        Assert.Equal("", predictor.Predict("where ?", "the film was bad .").Answer);
        Assert.Equal("rome", predictor.Predict("where ?", "anna lives in rome .").Answer);
    }

    [Fact]
    public void ClassWeightsAndLabelSmoothingAreThoseOfPyTorch()
    {
        using TorchSharp.DisposeScope scope = TorchSharp.torch.NewDisposeScope();
        TorchSharp.torch.Tensor logits = TorchSharp.torch.tensor(
                new float[,]
                {
                    { 1, 2, 0.5f },
                    { 0.1f, -1, 3 },
                    { 2, 2, 2 },
                }
            ),
            labels = TorchSharp.torch.tensor(new long[] { 0, 2, -100 });
        LossOptions options = new() { ClassWeights = [0.5, 2, 3], LabelSmoothing = 0.1 };
        double sum = WeightedLoss.ClassesSum(logits, labels, options).item<float>();
        TorchSharp.torch.Tensor weights = TorchSharp.torch.tensor(new[] { 0.5f, 2, 3 });
        double mean = TorchSharp
            .torch.nn.functional.cross_entropy(logits, labels, weights, ignore_index: -100, label_smoothing: 0.1)
            .item<float>();
        Assert.Equal(mean, sum / (0.5 + 3), 1e-6);
    }

    [Fact]
    public void WhatTheTrainingOptionsSayIsHonouredOrRefused()
    {
        FineTuningOptions options = _tiny.Options(new TextClassification(), _tiny.Reviews("train.tsv", 40)) with
        {
            Epochs = null,
            LearningRate = null,
            Training = new TrainingOptions { LearningRate = 1e-4, Epochs = 2 },
        };
        Graft.Runs.RunManifest run = Graft.Runs.RunManifest.Read(FineTuning.Run(options).Folder)!;
        Assert.Equal((1e-4, 2.0), (run.LearningRate!.Value.Value, run.Epochs!.Value.Value));
        Assert.Equal("as asked", run.LearningRate.Value.Reason);
        InputException refused = Assert.Throws<InputException>(() =>
            FineTuning.Run(options with { LearningRate = 2e-4, Overwrite = true })
        );
        Assert.Equal(("learning-rate", "one of the two"), (refused.Key, refused.Allowed));
    }

    [Fact]
    public void AnEvaluationIsWrittenWithSlices()
    {
        string data = _tiny.Write(
            "columns.tsv",
            [
                "text\tlabel\tsource",
                .. Enumerable
                    .Range(0, 60)
                    .Select(i =>
                        $"the film was {(i % 2 == 0 ? "good" : "bad")} .\t{(i % 2 == 0 ? "yes" : "no")}\t{(i % 3 == 0 ? "web" : "paper")}"
                    ),
            ]
        );
        FineTuningResult run = FineTuning.Run(_tiny.Options(new TextClassification(), data, data) with { Epochs = 1 });
        RunEvaluation evaluation = RunEvaluation.Evaluate(run.Folder, data);
        Assert.Equal(["label", "source"], evaluation.Slices().Select(slice => slice.Division));
        Assert.Equal(20, evaluation.Slices(["source"])[^1].Scores.Single(slice => slice.Name == "web").Count);
        Assert.Contains("\"source\"", Assert.Throws<InputException>(() => evaluation.Slices(["origin"])).Message, StringComparison.Ordinal);
        evaluation.Write(_tiny.PathOf("evaluation"));
        foreach (string file in new[] { "report.html", "report.json", "metrics.json", "predictions.jsonl", "mistakes.jsonl" })
            Assert.True(File.Exists(Path.Combine(_tiny.PathOf("evaluation"), file)), file);
        Assert.Contains(
            "Where it is weak",
            File.ReadAllText(Path.Combine(_tiny.PathOf("evaluation"), "report.html")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void ALearningCurveSaysWhetherMoreLabelsWouldHelp()
    {
        FineTuningOptions options = _tiny.Options(
            new TextClassification(), _tiny.Reviews("train.tsv", 120), _tiny.Reviews("dev.tsv", 40)) with
        {
            Epochs = 3,
        };
        LearningCurveResult result = LearningCurveRuns.Run(options, [12, 40, 500], seeds: 1);
        Assert.Equal([12, 40, 120], result.Points.Select(point => point.Labels));
        Assert.NotNull(result.GainOfDoubling);
        Assert.Equal("accuracy", (string?)JsonNode.Parse(File.ReadAllText(Path.Combine(options.Output, "learning-curve.json")))!["metric"]);
        Assert.Contains(
            "Would more labels help?",
            File.ReadAllText(Path.Combine(options.Output, "learning-curve.html")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void PartsOfTheDataLieWithinEachOtherAndHaveEveryClass()
    {
        TextClassification task = new();
        TaskData data = task.Read(
            _tiny.Write(
                "skewed.tsv",
                ["text\tlabel", .. Enumerable.Range(0, 90).Select(i => $"text {i}\t{(i % 9 == 0 ? "rare" : "usual")}")]
            ),
            new(),
            labelled: true
        );
        string[] few = Texts(TrainingSubset.Of(task, data, 18)),
            more = Texts(TrainingSubset.Of(task, data, 45));
        Assert.Subset(new HashSet<string>(more), new HashSet<string>(few));
        Assert.Equal(2, few.Count(text => int.Parse(text[5..]) % 9 == 0));

        static string[] Texts(TaskData part) => [.. Enumerable.Range(0, part.Count).Select(part.TextOf)];
    }

    [Fact]
    public void SeveralLabelsThatAreAlwaysTheSameAreRefused()
    {
        string path = Path.Combine(_tiny.PathOf(""), "same.tsv");
        File.WriteAllText(path, "text\tlabel\ngood fine\ta|b\nbad poor\tb|a\n");
        FineTuningOptions options = _tiny.Options(new MultiLabelClassification(), path);
        Assert.Contains(
            "every row has the labels",
            Assert.Throws<InputException>(() => FineTuning.Run(options)).Message,
            StringComparison.Ordinal
        );
        Assert.False(Directory.Exists(options.Output));
    }

    internal static float[] Weights(string folder)
    {
        using Checkpoint checkpoint = Checkpoint.Open(Path.Combine(folder, "model.safetensors"));
        return [.. checkpoint.Tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal).SelectMany(tensor => tensor.ToSingles())];
    }
}
