using System.Text.Json.Nodes;
using Graft.Auto;
using Graft.Data.Checks;
using Graft.Inference;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tuning;

namespace Graft.Tests.Tasks;

/// <summary>Runs that say when they do not know, and what a model finds in labels: from files to files.</summary>
public sealed class AbstentionTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void ARunOnVectorsKnowsWhenItIsUnsureAndWhichTextsAreUnfamiliar()
    {
        FineTuningResult result = FineTuning.Run(Options(200));
        RunManifest run = RunManifest.Read(result.Folder)!;
        Abstention decided = run.Decisions!.Abstain!;
        Assert.Equal((0.8, 200), (decided.Accuracy, decided.Examples));
        Assert.NotNull(decided.Confidence);
        Assert.InRange(decided.AnsweredAccuracy, 0.8, 1);
        Assert.Contains("Answers and abstentions", File.ReadAllText(Path.Combine(result.Folder, "report.html")), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(result.Folder, "suspicious.jsonl")));
        using Predictor calibrated = Predictor.Load(result.Folder), raw = Predictor.Load(result.Folder, calibrated: false);
        (string, string?)[] texts = [("the film was good .", null), ("the film was dull .", null), ("rome lima oslo ? who ? where", null)];
        IReadOnlyList<Prediction> answers = calibrated.Predict(texts), others = raw.Predict(texts);
        Assert.Equal([false, false, true], answers.Select(answer => answer.IsUnfamiliar!.Value));
        Assert.Equal(answers.Select(answer => answer.IsUnsure), others.Select(answer => answer.IsUnsure)); // whatever confidence is shown
        Assert.All(answers, answer => Assert.Equal(!(answer.Confidence >= decided.Confidence), answer.IsUnsure));
        Assert.NotNull(answers[0].ToMarkedJson()["unsure"]);
        Assert.Equal(true, (bool?)answers[2].ToMarkedJson()["unfamiliar"]);
    }

    [Fact]
    public void ARunWithoutAbstainSaysNothingOfIt()
    {
        string folder = FineTuning.Run(Options(40) with { Abstain = null, ChoosesStrategy = false }).Folder;
        Assert.False(File.Exists(Path.Combine(folder, "familiarity.safetensors")));
        using Predictor predictor = Predictor.Load(folder);
        Prediction answer = predictor.Predict("the film was good .");
        Assert.Equal((null, null), (answer.IsUnsure, answer.IsUnfamiliar));
        Assert.Equal(answer.ToJson().ToJsonString(), answer.ToMarkedJson().ToJsonString());
    }

    [Fact]
    public void DevelopmentDataDecidesWhereItIsGiven()
    {
        FineTuningResult result = FineTuning.Run(
            Options(60) with
            {
                Strategy = new FullTuning(),
                Evaluation = _tiny.Reviews("dev.tsv", 100, seed: 2),
                Epochs = 3,
                LearningRate = 3e-3,
            }
        );
        RunManifest run = RunManifest.Read(result.Folder)!;
        Assert.Equal(100, run.Decisions!.Abstain!.Examples);
        JsonNode line = JsonNode.Parse(File.ReadLines(Path.Combine(result.Folder, "predictions.jsonl")).First())!;
        Assert.NotNull(line["unsure"]);
        using Predictor predictor = Predictor.Load(result.Folder);
        Assert.NotNull(predictor.Predict("the film was good .").IsUnfamiliar);
        string table = _tiny.PathOf("answers.csv");
        PredictionWriter.Write(table, new PredictionStream(predictor).OfFile(_tiny.PathOf("dev.tsv"), new(), 50));
        Assert.Equal("row,text,prediction,confidence,unsure,unfamiliar,error", File.ReadLines(table).First());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)] // as runs kept it before they were calibrated
    public void TheTextsOfTheReferenceHaveNotMoved(bool calibrated)
    {
        string dev = _tiny.Reviews("dev.tsv", 100, seed: 2);
        string folder = FineTuning.Run(Options(60) with { Strategy = new FullTuning(), Evaluation = dev, Epochs = 1 }).Folder;
        Assert.NotNull(RunManifest.Read(folder)!.Decisions!.Temperature);
        string file = Path.Combine(folder, "predictions.jsonl");
        if (!calibrated)
        {
            using Predictor raw = Predictor.Load(folder, calibrated: false);
            string[] lines = File.ReadAllLines(file);
            IReadOnlyList<Prediction> answers = raw.Predict(
                [.. lines.Select(line => ((string)JsonNode.Parse(line)!["text"]!, (string?)null))]
            );
            File.WriteAllLines(file, lines.Zip(answers, (line, answer) =>
            {
                JsonObject json = JsonNode.Parse(line)!.AsObject();
                json.Remove("calibrated");
                json["probability"] = Math.Round(answer.Confidence!.Value, 6);
                return json.ToJsonString();
            }));
        }

        Drift drift = Drift.Measure(folder, dev);
        Assert.Equal(drift.ConfidenceBefore, drift.Confidence, 4);
        Assert.InRange(drift.ConfidenceMoved, 0, 0.03);
        Assert.Equal(0, drift.AnswersMoved, 12);
        Assert.Empty(drift.Warnings);
    }

    [Fact]
    public void RecentTextsOfTheSameKindHaveNotMovedAndOthersHave()
    {
        FineTuning.Run(Options(200));
        Drift same = Drift.Measure(_tiny.PathOf("run"), _tiny.Reviews("recent.tsv", 150, seed: 9));
        Assert.Empty(same.Warnings);
        Assert.InRange(same.Accuracy.Value, same.AccuracyBefore.Low - 0.05, 1);
        string[] sentences = ["rome lima oslo ? who", "anna lives in rome ?"];
        string others = _tiny.Write("others.txt", Enumerable.Range(0, 60).Select(i => sentences[i % 2]));
        Drift moved = Drift.Measure(_tiny.PathOf("run"), others);
        Assert.True(moved.Unfamiliar!.Value.Value > 0.9, $"{moved.Unfamiliar.Value.Value} of other texts are unfamiliar");
        Assert.NotEmpty(moved.Warnings);
        Assert.Equal(true, (bool?)moved.ToJson()["label_again"]);
        string few = _tiny.Write("few.txt", Enumerable.Repeat("the film was good .", 19));
        string message = Assert.Throws<InputException>(() => Drift.Measure(_tiny.PathOf("run"), few)).Message;
        Assert.EndsWith("few.txt holds 19 texts that can be read: at least 20 are needed to compare", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1.5, "text-classification")]
    [InlineData(0.9, "regression")]
    public void AnAccuracyThatCannotBePromisedIsRefused(double accuracy, string task)
    {
        FineTuningOptions options = Options(40) with { Abstain = accuracy, Task = FineTuningTasks.Parse(task) };
        Assert.StartsWith("abstain is ", Assert.Throws<InputException>(() => FineTuning.Run(options)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(options.Output));
    }

    [Fact]
    public void AnAutomaticChoiceAbstainsToo()
    {
        AutoResult result = AutoTuning.Run(
            new AutoOptions
            {
                Task = new TextClassification(),
                Train = _tiny.Reviews("train.tsv", 80),
                Models = [_tiny.ModelFolder],
                Time = TimeSpan.FromSeconds(20),
                Output = _tiny.PathOf("auto"),
                Abstain = 0.8,
            }
        );
        Assert.Equal(0.8, RunManifest.Read(result.Folder)!.Decisions!.Abstain!.Accuracy);
        Assert.True(File.Exists(Path.Combine(result.Folder, "suspicious.jsonl")));
        using Predictor predictor = Predictor.Load(result.Folder);
        Assert.NotNull(predictor.Predict("the film was good .").IsUnsure);
    }

    [Fact]
    public void AModelFindsFlippedLabelsOfTextsAndOfWords()
    {
        string[] rows = File.ReadAllLines(_tiny.Reviews("reviews.tsv", 120));
        foreach (int i in new[] { 10, 50, 90 })
            rows[i] = rows[i].EndsWith("positive", StringComparison.Ordinal)
                ? rows[i].Replace("positive", "negative", StringComparison.Ordinal)
                : rows[i].Replace("negative", "positive", StringComparison.Ordinal);
        Finding texts = Check("text-classification", _tiny.Write("flipped.tsv", rows), _tiny.PathOf("suspicious.jsonl"));
        Assert.InRange(texts.Places.Take(6).Count(place => place.Line is 11 or 51 or 91), 2, 3); // the model is untrained, and knows little
        JsonNode first = JsonNode.Parse(File.ReadLines(_tiny.PathOf("suspicious.jsonl")).First())!;
        Assert.Equal(["place", "text", "given", "likely", "margin"], first.AsObject().Select(pair => pair.Key));

        string[] words = File.ReadAllLines(_tiny.Entities("train.conll", 120));
        int wrong = Array.FindIndex(words, 100, line => line.Contains("B-", StringComparison.Ordinal));
        words[wrong] = words[wrong].Split('\t', ' ')[0] + words[wrong][words[wrong].IndexOfAny(['\t', ' '])] + "O";
        Finding tags = Check("token-classification", _tiny.Write("flipped.conll", words), null);
        Assert.Contains(wrong + 1, tags.Places.Take(3).Select(place => (int)place.Line));
    }

    [Fact]
    public void AStudentLearnsItsTeachersAnswersFromTextsWithoutLabels()
    {
        FineTuning.Run(Options(200) with { Abstain = null });
        string[] texts = [.. File.ReadAllLines(_tiny.Reviews("more.tsv", 300, seed: 4)).Skip(1).Select(line => line.Split('\t')[0])];
        FineTuningResult student = RunDistillation.Run(
            _tiny.PathOf("run"),
            Options(200) with
            {
                Abstain = null,
                Strategy = new FullTuning(),
                Train = _tiny.Write("texts.txt", texts),
                Output = _tiny.PathOf("student"),
                Epochs = 4,
                LearningRate = 3e-3,
            }
        );
        Assert.Equal(_tiny.PathOf("run"), RunManifest.Read(student.Folder)!.Teacher);
        RunEvaluation judged = RunEvaluation.Evaluate(student.Folder, _tiny.Reviews("test.tsv", 60, seed: 3));
        Assert.True(judged.Scores[0].Interval.Value > 0.9, $"accuracy {judged.Scores[0].Interval.Value}");
        Assert.Empty(judged.Baselines); // they would have to be fitted on labels
        using Predictor teacher = Predictor.Load(_tiny.PathOf("run"), calibrated: false),
            taught = Predictor.Load(student.Folder, calibrated: false);
        double[] theirs = ((ClassPrediction)teacher.Predict("the film was good .")).Probabilities,
            own = ((ClassPrediction)taught.Predict("the film was good .")).Probabilities;
        Assert.InRange(own[1], theirs[1] - 0.15, theirs[1] + 0.15); // as sure as its teacher, not surer
    }

    private Finding Check(string task, string train, string? output) =>
        ModelDataCheck
            .Run(new DataCheckOptions { Task = task, Train = train, MaxLength = 64 }, _tiny.ModelFolder, output)
            .Single(finding => finding.Code == "suspicious-labels");

    private FineTuningOptions Options(int examples) => new()
    {
        Model = _tiny.ModelFolder,
        Task = new TextClassification(),
        Strategy = new HeadTuning { OnVectors = true },
        Train = _tiny.Reviews("train.tsv", examples),
        Output = _tiny.PathOf("run"),
        Abstain = 0.8,
    };
}
