using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Data;
using Graft.Export;
using Graft.Graphs;
using Graft.Inference;
using Graft.Tasks;
using Graft.Tests.Tasks;

namespace Graft.Tests.Contracts;

/// <summary>
/// Every task on every family that has its head: what a model answers does not depend on what is asked beside it, in which order, or in
/// batches of which size.
/// </summary>
public sealed class TaskContract : IDisposable
{
    private const double Tolerance = 1e-5;
    private readonly TinyBert _tiny = new();

    /// <summary>Every task with every family that has its head.</summary>
    public static TheoryData<string, string> TasksAndFamilies
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (string name in FineTuningTasks.Names)
            {
                FineTuningTask task = FineTuningTasks.Parse(name);
                if (task.GetType().Assembly != typeof(FineTuningTask).Assembly) continue; // registered by a test
                string head = task.Head;
                foreach (ModelFamily family in ModelFamilies.All)
                {
                    if (
                        head == HeadKinds.Embedding
                            ? family.ModelType != "t5"
                            : family.Recipe(head, TinyModels.Config(family.ModelType)) is not null
                    )
                        data.Add(name, family.ModelType);
                }
            }

            return data;
        }
    }

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [MemberData(nameof(TasksAndFamilies))]
    public void AnswersDoNotDependOnBatchOrderOrPadding(string name, string family)
    {
        FineTuningTask task = FineTuningTasks.Parse(name);
        string folder = _tiny.PathOf("contract");
        TinyFamily.Create(folder, family, task.Head, LabelsOf(name), task.ProblemType);
        using Predictor predictor = Predictor.Load(folder, new EncodingOptions { MaxLength = 14, Stride = 4 }, name, generation: options =>
            options with
            {
                MaxNewTokens = 5,
            }
        );
        TaskData data = predictor.Task.Read(DataOf(name), new ColumnOptions { RequireLabel = false }, labelled: false);
        Prediction[] together = [.. predictor.Predict(data)];
        Prediction[] reversed = [.. predictor.Predict(data.Take([.. Enumerable.Range(0, data.Count).Reverse()])).Reverse()];
        for (int i = 0; i < data.Count; i++)
        {
            Prediction alone = Assert.Single(predictor.Predict(data.Take([i])));
            Same(alone.ToJson(), together[i].ToJson(), $"example {i} alone");
            Same(reversed[i].ToJson(), together[i].ToJson(), $"example {i} in another order");
        }
    }

    /// <summary>Every task with every encoder family that has its head.</summary>
    public static TheoryData<string, string> TasksAndEncoders
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (
                TheoryDataRow<string, string> row in TasksAndFamilies.Where(row =>
                    row.Data.Item2 is not ("gpt2" or "t5" or "mt5") && row.Data.Item1 is not ("text-to-text" or "causal-lm")
                )
            )
                data.Add(row);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(TasksAndEncoders))]
    public void AnExportedFolderGivesTheSameAnswers(string name, string family)
    {
        FineTuningTask task = FineTuningTasks.Parse(name);
        (string folder, string exported) = (_tiny.PathOf("contract"), _tiny.PathOf("exported"));
        TinyFamily.Create(folder, family, task.Head, LabelsOf(name), task.ProblemType);
        // OnnxContract runs both on every head
        OnnxGraph graph = (name.Length + family.Length) % 2 == 0 ? OnnxGraph.Portable : OnnxGraph.Fused;
        OnnxExporter.Export(folder, exported, new OnnxExportOptions { Graph = graph });
        EncodingOptions windows = new() { MaxLength = 14, Stride = 4 };
        using Predictor predictor = Predictor.Load(folder, windows, name), other = Predictor.Load(exported, windows, name);
        TaskData data = predictor.Task.Read(DataOf(name), new ColumnOptions { RequireLabel = false }, labelled: false);
        IReadOnlyList<Prediction> expected = predictor.Predict(data), actual = other.Predict(data);
        Assert.Equal(predictor.ParameterCount, other.ParameterCount);
        for (int i = 0; i < data.Count; i++) Same(expected[i].ToJson(), actual[i].ToJson(), $"example {i}", tolerance: 1e-4);
    }

    private static string[]? LabelsOf(string task) => task switch
    {
        "regression" => ["LABEL_0"],
        "token-classification" => ["B-LOC", "B-PER", "I-LOC", "I-PER", "O"],
        "question-answering" or "multiple-choice" or "text-to-text" or "causal-lm" or "embedding" => null,
        _ => ["negative", "neutral", "positive"],
    };

    private string DataOf(string task)
    {
        string[] texts =
        [
            "good",
            "the film was and the story and the story and the book was bad .",
            "a book",
            "anna lives in rome and omar lives in oslo . who lives in lima ?",
            "kind and dull ?",
            "the film was awful .",
        ];
        return task switch
        {
            "token-classification" => _tiny.Write("texts.txt", texts),
            "question-answering" => _tiny.Write(
                "questions.jsonl",
                texts
                    .Where(text => text.Length > 8)
                    .Select(
                        (text, i) =>
                            new JsonObject
                            {
                                ["id"] = $"q{i}",
                                ["question"] = "where ?",
                                ["context"] = text,
                            }.ToJsonString()
                    )
            ),
            "multiple-choice" => _tiny.Choices("choices.jsonl", 6),
            "text-pair-classification" => _tiny.Write(
                "pairs.tsv",
                ["text\tpair", .. texts.Zip(texts.Reverse(), (first, second) => $"{first}\t{second}")]
            ),
            _ => _tiny.Write("texts.tsv", ["text", .. texts]),
        };
    }

    private static void Same(JsonNode? expected, JsonNode? actual, string where, double tolerance = Tolerance)
    {
        switch (expected)
        {
            case JsonObject properties:
                Assert.Equal(properties.Select(pair => pair.Key), actual!.AsObject().Select(pair => pair.Key));
                foreach ((string key, JsonNode? value) in properties) Same(value, actual[key], $"{where}, {key}", tolerance);
                break;
            case JsonArray items:
                Assert.Equal(items.Count, actual!.AsArray().Count);
                for (int i = 0; i < items.Count; i++) Same(items[i], actual[i], $"{where}, {i}", tolerance);
                break;
            case JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.Number:
                double wanted = double.Parse(value.ToJsonString()), found = double.Parse(actual!.ToJsonString());
                Assert.True(Math.Abs(wanted - found) <= tolerance * Math.Max(1, Math.Abs(wanted)), $"{where}: {wanted} and {found}");
                break;
            default:
                Assert.True(
                    expected?.ToJsonString() == actual?.ToJsonString(),
                    $"{where}: {expected?.ToJsonString()} and {actual?.ToJsonString()}"
                );
                break;
        }
    }
}
