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

/// <summary>
/// Writes predictions as a table beside their texts (<c>text</c>, <c>pair</c> where there is one, <c>prediction</c>, <c>confidence</c>, and <c>details</c> as JSON
/// where the task says more), or as JSON Lines with everything. Only a part is held in memory; the file appears whole at the end.
/// </summary>
public sealed class PredictionWriter
{
    private static readonly JsonSerializerOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

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
                throw new InputException("output", path, $"a file that ends in one of {string.Join(", ", Extensions)}");
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
        Columns? columns = null;
        foreach ((TaskData data, IReadOnlyList<Prediction> predictions) in batches)
        {
            if (columns is null) lines?.Write((columns = Columns.Of(data, predictions[0])).Names);
            for (int i = 0; i < predictions.Count; i++)
            {
                if (lines is null) writer.WriteLine(Line(data, i, predictions[i]));
                else lines.Write(columns!.Cells(data, i, predictions[i]));
            }
        }
    });

    private static void WriteParquet(string path, IEnumerable<(TaskData Data, IReadOnlyList<Prediction> Predictions)> batches) => AtomicFile.Write(path, stream =>
    {
        Columns? columns = null;
        DataField<double?> confidence = new("confidence");
        DataField[] fields = [];
        ParquetWriter? writer = null;
        using CountingStream counted = new(stream); // the writer wants to know its place
        foreach ((TaskData data, IReadOnlyList<Prediction> predictions) in batches)
        {
            if (columns is null)
            {
                columns = Columns.Of(data, predictions[0]);
                fields = [.. columns.Names.Select(name => name == confidence.Name ? (DataField)confidence : new DataField<string>(name))];
                writer = ParquetWriter.CreateAsync(new ParquetSchema(fields), counted).GetAwaiter().GetResult();
            }

            string[][] cells = [.. predictions.Select((prediction, i) => columns.Cells(data, i, prediction))];
            using ParquetRowGroupWriter group = writer!.CreateRowGroup();
            for (int column = 0; column < fields.Length; column++)
            {
                if (fields[column].Equals(confidence)) group.WriteAsync<double>(confidence, (double?[])[.. predictions.Select(prediction => prediction.Confidence)]).GetAwaiter().GetResult();
                else group.WriteAsync(fields[column], (string[])[.. cells.Select(row => row[column])]).GetAwaiter().GetResult();
            }
        }

        writer?.DisposeAsync().AsTask().GetAwaiter().GetResult();
    });

    /// <summary>The columns of a table, from what the first example has.</summary>
    private sealed record Columns(IReadOnlyList<string> Names, bool HasPair, bool HasDetails)
    {
        public static Columns Of(TaskData data, Prediction first)
        {
            bool hasPair = data.PairOf(0) is not null, hasDetails = first.Details is not null;
            return new Columns(["text", .. hasPair ? ["pair"] : (string[])[], "prediction", "confidence", .. hasDetails ? ["details"] : (string[])[]], hasPair, hasDetails);
        }

        public string[] Cells(TaskData data, int example, Prediction prediction) =>
        [
            data.FirstTextOf(example), .. HasPair ? [data.PairOf(example) ?? ""] : (string[])[], prediction.Answer, Confidence(prediction),
            .. HasDetails ? [prediction.Details?.ToJsonString(s_line) ?? ""] : (string[])[],
        ];
    }

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
