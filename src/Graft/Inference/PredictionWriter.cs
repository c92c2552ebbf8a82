using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Tasks;
using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace Graft.Inference;

/// <summary>Writes predictions as a table beside their texts, or as JSON Lines with everything the task says. The file appears whole at the end.</summary>
public sealed class PredictionWriter
{
    private static readonly JsonSerializerOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] s_columns = ["text", "prediction", "confidence"];

    /// <summary>The formats, by file extension.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".csv", ".tsv", ".jsonl", ".parquet"];

    /// <summary>Writes a file in the format of its extension.</summary>
    /// <param name="path">The file.</param>
    /// <param name="batches">Examples with their predictions, in order; read while writing.</param>
    /// <exception cref="InputException">No format has this extension.</exception>
    /// <exception cref="RunFailedException">The file cannot be written.</exception>
    public static void Write(string path, IEnumerable<(TaskData Data, IReadOnlyList<Prediction> Predictions)> batches)
    {
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".csv":
                WriteText(path, batches, writer => new TableLines(writer, ','));
                break;
            case ".tsv":
                WriteText(path, batches, writer => new TableLines(writer, '\t'));
                break;
            case ".jsonl" or ".ndjson":
                WriteText(path, batches, _ => null);
                break;
            case ".parquet":
                WriteParquet(path, batches);
                break;
            default:
                throw new InputException($"--output {path}: one of {string.Join(", ", Extensions)} is expected");
        }
    }

    /// <summary>One line of JSON Lines: the text and the prediction.</summary>
    public static string Line(TaskData data, int example, Prediction prediction)
    {
        JsonObject line = new() { ["text"] = data.TextOf(example) };
        foreach ((string key, JsonNode? value) in prediction.ToJson()) line[key] = value?.DeepClone();
        return line.ToJsonString(s_line);
    }

    private static void WriteText(string path, IEnumerable<(TaskData Data, IReadOnlyList<Prediction> Predictions)> batches, Func<StreamWriter, TableLines?> table) => AtomicFile.Write(path, stream =>
    {
        using StreamWriter writer = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true) { NewLine = "\n" };
        TableLines? lines = table(writer);
        lines?.Write(s_columns);
        foreach ((TaskData data, IReadOnlyList<Prediction> predictions) in batches)
        {
            for (int i = 0; i < predictions.Count; i++)
            {
                if (lines is null) writer.WriteLine(Line(data, i, predictions[i]));
                else lines.Write([data.TextOf(i), predictions[i].Answer, Confidence(predictions[i])]);
            }
        }
    });

    private static void WriteParquet(string path, IEnumerable<(TaskData Data, IReadOnlyList<Prediction> Predictions)> batches) => AtomicFile.Write(path, stream =>
    {
        DataField<string> text = new(s_columns[0]), answer = new(s_columns[1]);
        DataField<double?> confidence = new(s_columns[2]);
        using MemoryStream buffer = new(); // the writer wants to seek
        ParquetWriter writer = ParquetWriter.CreateAsync(new ParquetSchema(text, answer, confidence), buffer).GetAwaiter().GetResult();
        foreach ((TaskData data, IReadOnlyList<Prediction> predictions) in batches)
        {
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            group.WriteAsync(text, (string[])[.. predictions.Select((_, i) => data.TextOf(i))]).GetAwaiter().GetResult();
            group.WriteAsync(answer, (string[])[.. predictions.Select(prediction => prediction.Answer)]).GetAwaiter().GetResult();
            group.WriteAsync<double>(confidence, (double?[])[.. predictions.Select(prediction => prediction.Confidence)]).GetAwaiter().GetResult();
        }

        writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        buffer.WriteTo(stream);
    });

    private static string Confidence(Prediction prediction) => prediction.Confidence?.ToString("0.######", CultureInfo.InvariantCulture) ?? "";

    /// <summary>CSV with RFC 4180's quotes; TSV, which has none, with blanks for tabs and line breaks.</summary>
    private sealed class TableLines(StreamWriter writer, char separator)
    {
        public void Write(IReadOnlyList<string> cells) => writer.WriteLine(string.Join(separator, cells.Select(Cell)));

        private string Cell(string cell)
        {
            if (separator == '\t') return cell.ReplaceLineEndings(" ").Replace('\t', ' ');
            return cell.AsSpan().IndexOfAny("\",\r\n") < 0 ? cell : "\"" + cell.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
        }
    }
}
