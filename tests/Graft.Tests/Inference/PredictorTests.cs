using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Data;
using Graft.Inference;
using Graft.Tasks;
using Graft.Tasks.QuestionAnswering;
using Graft.Tasks.SequenceClassification;
using Graft.Tests.Tasks;

namespace Graft.Tests.Inference;

/// <summary>Predictors asked by several threads, and files of every format for every task.</summary>
public sealed class PredictorTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void SeveralThreadsMayAsk()
    {
        using Predictor predictor = Load("text-classification", "bert");
        string[] texts = [.. Enumerable.Range(0, 40).Select(i => string.Concat(Enumerable.Repeat("the film was good ", 1 + (i % 5))))];
        double[] expected = [.. texts.Select(text => predictor.Predict<ClassPrediction>(text).Probabilities[0])];
        double[] found = new double[texts.Length];
        Parallel.For(0, texts.Length, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            found[i] = predictor.Predict<ClassPrediction>(texts[i]).Probabilities[0]
        );
        for (int i = 0; i < found.Length; i++)
            Assert.Equal(expected[i], found[i], 1e-5);
    }

    [Fact]
    public void AnAnswerOfAnotherTypeIsRefused()
    {
        using Predictor predictor = Load("text-classification", "bert");
        Assert.Contains(
            "ClassPrediction",
            Assert.Throws<InputException>(() => predictor.Predict<AnswerPrediction>("good")).Message,
            StringComparison.Ordinal
        );
    }

    /// <summary>Written as one format, read as the next.</summary>
    [Theory]
    [InlineData("text-classification", "text")]
    [InlineData("text-pair-classification", "pair")]
    [InlineData("multi-label-classification", "text")]
    [InlineData("regression", "text")]
    [InlineData("token-classification", "text")]
    [InlineData("question-answering", "question")]
    [InlineData("multiple-choice", "choices")]
    [InlineData("embedding", "text")]
    [InlineData("causal-lm", "text", "gpt2")]
    [InlineData("text-to-text", "text", "t5")]
    public void EveryTaskReadsAndWritesEveryTable(string task, string kind, string family = "bert")
    {
        using Predictor predictor = Load(task, family);
        JsonObject[] rows = [.. Enumerable.Range(0, 5).Select(i => Row(kind, i))];
        string lines = _tiny.Write("in.jsonl", rows.Select(row => row.ToJsonString()));
        string[] expected = Answers(predictor, lines, "out.jsonl");
        Assert.Equal(5, expected.Length);
        foreach (string format in new[] { ".csv", ".tsv", ".parquet" })
        {
            string input = Table(rows, "in" + format);
            Assert.Equal(expected, Answers(predictor, input, "out" + format));
            Assert.Equal(expected, Answers(predictor, input, "again.jsonl"));
        }
    }

    [Fact]
    public void AFileIsReadAPartAtATime()
    {
        using Predictor predictor = Load("token-classification", "bert");
        string file = _tiny.Write("many.txt", Enumerable.Range(0, 25).Select(i => $"anna lives in rome {i}"));
        Assert.Equal([10, 10, 5], predictor.Task.Stream(file, new ColumnOptions(), 10, _ => { }).Select(part => part.Count));
    }

    private Predictor Load(string name, string family)
    {
        FineTuningTask task = FineTuningTasks.Parse(name);
        string[]? labels = task.Head is HeadKinds.SequenceClassification or HeadKinds.TokenClassification
            ? name == "regression"
                ? ["LABEL_0"]
                : ["B-PER", "I-PER", "O"]
            : null;
        TinyFamily.Create(_tiny.PathOf(name), family, task.Head, labels, task.ProblemType);
        return Predictor.Load(_tiny.PathOf(name), new EncodingOptions { MaxLength = 24 }, name, generation: options =>
            options with
            {
                MaxNewTokens = 4,
            }
        );
    }

    private string[] Answers(Predictor predictor, string input, string output)
    {
        string path = _tiny.PathOf(output);
        PredictionWriter.Write(path, new PredictionStream(predictor).OfFile(input, new ColumnOptions(), 2));
        if (path.EndsWith(".jsonl", StringComparison.Ordinal))
            return [.. File.ReadLines(path).Select(line => Answer(JsonNode.Parse(line)!.AsObject()))];
        LabelledTextFile table = LabelledTextReader.Read(
            path,
            new ColumnOptions
            {
                Text = "text",
                Label = "prediction",
                RequireLabel = false,
                Answer = AnswerKind.Text,
            }
        );
        return [.. table.Rows.Select(row => row.Label ?? "")];
    }

    /// <summary>A JSON line's answer as a table has it.</summary>
    private static string Answer(JsonObject line)
    {
        foreach (string key in (string[])["label", "answer", "generated", "choice"])
        {
            if (line[key] is JsonNode value) return value.ToString().Trim();
        }

        if (line["labels"] is JsonArray labels) return string.Join('|', labels.Select(label => label!.ToString()));
        if (line["tags"] is JsonArray tags) return string.Join(' ', tags.Select(tag => tag!.ToString()));
        if (line["embedding"] is JsonArray vector) return vector.ToJsonString();
        return Math.Round(line["value"]!.GetValue<double>(), 4).ToString("0.####", System.Globalization.CultureInfo.InvariantCulture);
    }

    private static JsonObject Row(string kind, int i)
    {
        string text = string.Concat(Enumerable.Repeat("the film was good , \"kind\" ", 1 + (i % 3))).TrimEnd();
        return kind switch
        {
            "pair" => new() { ["text"] = text, ["pair"] = $"anna lives in rome {i}" },
            "question" => new() { ["id"] = $"q{i}", ["question"] = "where ?", ["context"] = text + " . anna lives in rome ." },
            "choices" => new() { ["context"] = text, ["choice0"] = "good film", ["choice1"] = "bad book" },
            _ => new() { ["text"] = text },
        };
    }

    private string Table(JsonObject[] rows, string name)
    {
        string path = _tiny.PathOf(name);
        string[] columns = [.. rows[0].Select(pair => pair.Key)];
        if (name.EndsWith(".parquet", StringComparison.Ordinal))
        {
            ParquetFiles.Write(path, columns, [.. rows.Select(row => columns.Select(column => row[column]!.ToString()).ToArray())]);
            return path;
        }

        char separator = name.EndsWith(".csv", StringComparison.Ordinal) ? ',' : '\t';
        string Cell(string cell) => separator == ',' ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
        return _tiny.Write(
            name,
            [
                string.Join(separator, columns),
                .. rows.Select(row => string.Join(separator, columns.Select(column => Cell(row[column]!.ToString())))),
            ]
        );
    }
}
