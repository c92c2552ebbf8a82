using System.Text.Json.Nodes;
using Graft.Auto;
using Graft.Inference;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Microsoft.Extensions.Logging;

namespace Graft.Tests.Tasks;

/// <summary>
/// Whole automatic choices on a tiny model: what the folder says, that it opens, that it goes on, that it keeps its time.
/// </summary>
[Trait("Category", "Slow")]
public sealed class AutoTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void TheWinnerIsFittedOnEveryLabelAndSaysWhatToExpect()
    {
        AutoResult result = AutoTuning.Run(Options());
        JsonNode record = JsonNode.Parse(File.ReadAllText(Path.Combine(result.Folder, "graft.json")))!;
        Assert.True((bool)record["finished"]!);
        Assert.Equal(result.Choice.Winner, (string?)record["winner"]);
        Assert.Equal(result.Choice.Verdict, (string?)record["verdict"]);
        Assert.Equal(40, (int)record["train"]!["examples"]!);
        string[] names = [.. record["candidates"]!.AsArray().Select(candidate => (string)candidate!["name"]!)];
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.Contains("word counts (naive Bayes)", names);
        Assert.Contains("frozen on model", names);
        Assert.Single(record["candidates"]!.AsArray(), candidate => (string?)candidate!["status"] == "winner");
        Assert.InRange((double)record["estimate"]!["value"]!, (double)record["estimate"]!["low"]!, (double)record["estimate"]!["high"]!);
        Assert.NotNull((double?)record["decisions"]!["temperature"]); // fitted on folds
        Assert.True(File.Exists(Path.Combine(result.Folder, "auto.html")));
        double accuracy = RunEvaluation.Evaluate(result.Folder, _tiny.Reviews("test.tsv", 60, seed: 3)).Scores[0].Interval.Value;
        Assert.True(accuracy > 0.9, $"{result.Choice.Verdict}, but {accuracy} on other texts");
    }

    [Fact]
    public void AFinishedChoiceIsNotMadeAgain()
    {
        AutoResult first = AutoTuning.Run(Options()), again = AutoTuning.Run(Options() with { Resume = true });
        Assert.True(again.WasFinished);
        Assert.Equal(first.Choice.Verdict, again.Choice.Verdict);
        Assert.Equal(first.Choice.ToJson().ToJsonString(), again.Choice.ToJson().ToJsonString());
        Assert.Contains(
            "begun with seed",
            Assert.Throws<InputException>(() => AutoTuning.Run(Options() with { Resume = true, Seed = 7 })).Message,
            StringComparison.Ordinal
        );
        Assert.Contains("exists already", Assert.Throws<InputException>(() => AutoTuning.Run(Options())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnInterruptedChoiceGoesOnWithWhatWasCompared()
    {
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() => AutoTuning.Run(Options(), new StopAfter("frozen", stop), stop.Token));
        string trials = Path.Combine(_tiny.PathOf("run"), "auto", "trials.jsonl");
        string[] before = File.ReadAllLines(trials);
        Assert.NotEmpty(before);
        File.AppendAllText(trials, "{\"candidate\":\"cut"); // a line that was not finished
        AutoResult result = AutoTuning.Run(Options() with { Resume = true });
        Assert.Equal(before, File.ReadAllLines(trials).Take(before.Length));
        Assert.True(RunManifest.Read(result.Folder)!.IsFinished);
    }

    [Fact]
    public void SeveralLabelsNumbersAndTagsAreChosenFor()
    {
        string labels = _tiny.Write(
            "labels.tsv",
            [
                "text\tlabels",
                .. Enumerable
                    .Range(0, 8)
                    .SelectMany(_ =>
                        new[]
                        {
                            "the film was good .\tfilm|good",
                            "the book was good .\tbook|good",
                            "the film was bad .\tfilm",
                            "the book was awful .\tbook",
                        }
                    ),
            ]
        );
        AutoResult result = AutoTuning.Run(
            Options() with
            {
                Task = new MultiLabelClassification(),
                Train = labels,
                Output = _tiny.PathOf("labels"),
            }
        );
        Assert.Equal("micro_f1", result.Choice.Estimate.Metric);
        using (Predictor predictor = Predictor.Load(result.Folder))
            Assert.IsType<LabelsPrediction>(predictor.Predict("the film was good ."));
        result = AutoTuning.Run(
            Options() with
            {
                Task = new TextRegression(),
                Train = _tiny.Numbers("numbers.tsv", 40),
                Output = _tiny.PathOf("numbers"),
            }
        );
        Assert.Equal("spearman", result.Choice.Estimate.Metric);
        using (Predictor predictor = Predictor.Load(result.Folder))
            Assert.IsType<ValuePrediction>(predictor.Predict("the film was good ."));
        result = AutoTuning.Run(
            Options() with
            {
                Task = FineTuningTasks.Parse("token-classification"),
                Train = _tiny.Entities("entities.conll", 30),
                Output = _tiny.PathOf("tags"),
            }
        );
        Assert.Equal("entity_f1", result.Choice.Estimate.Metric);
        Assert.DoesNotContain(result.Choice.Candidates, candidate => candidate.Name.StartsWith("word counts", StringComparison.Ordinal));
    }

    [Fact]
    public void HeldOutExamplesTakeThePlaceOfFolds()
    {
        AutoResult result = AutoTuning.Run(Options() with { Evaluation = _tiny.Reviews("dev.tsv", 60, seed: 2) });
        Assert.Equal(60, (int)JsonNode.Parse(File.ReadAllText(Path.Combine(result.Folder, "graft.json")))!["evaluation"]!["examples"]!);
        string[] lines = File.ReadAllLines(Path.Combine(result.Folder, "auto", "trials.jsonl"));
        Assert.All(lines, line => Assert.Equal(60, JsonNode.Parse(line)!["credits"]!.AsArray().Count));
    }

    [Fact]
    public void WhatCannotBeChosenForIsRefused()
    {
        Assert.Contains(
            "task",
            Assert
                .Throws<InputException>(() => AutoTuning.Run(Options() with { Task = FineTuningTasks.Parse("question-answering") }))
                .Message,
            StringComparison.Ordinal
        );
        Assert.Throws<InputException>(() => AutoTuning.Run(Options() with { Time = TimeSpan.Zero }));
        Assert.Contains(
            "allow more",
            Assert
                .Throws<RunFailedException>(() =>
                    AutoTuning.Run(Options() with { Started = DateTimeOffset.UtcNow - TimeSpan.FromHours(1) })
                )
                .Message,
            StringComparison.Ordinal
        );
    }

    private AutoOptions Options() => new()
    {
        Task = new TextClassification(),
        Train = _tiny.Reviews("train.tsv", 40),
        Models = [_tiny.ModelFolder],
        Output = _tiny.PathOf("run"),
        Time = TimeSpan.FromSeconds(30),
    };

    private sealed class StopAfter(string word, CancellationTokenSource stop) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (formatter(state, exception).Contains($"  {word}", StringComparison.Ordinal)) stop.Cancel();
        }
    }
}
