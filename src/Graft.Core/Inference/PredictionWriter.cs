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
/// Writes predictions as a table beside their texts (<c>text</c>, <c>pair</c> where there is one, <c>prediction</c>, <c>confidence</c>,
/// <c>details</c> as JSON where the task says more, <c>unsure</c> and <c>unfamiliar</c> where the run knows), or as JSON Lines with
/// everything. Only a part is held in memory; the file appears whole at the end.
/// </summary>
public sealed class PredictionWriter
{
    private static readonly JsonSerializerOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The formats, by file extension.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".csv", ".tsv", ".jsonl", ".parquet"];

    /// <summary>Writes a file in the format of its extension.</summary>
    /// <param name="path">The file.</param>
    /// <param name="parts">Rows with their answers, in order; read while writing.</param>
    /// <exception cref="InputException">No format has this extension.</exception>
    /// <exception cref="RunFailedException">The file cannot be written.</exception>
    public static void Write(string path, IEnumerable<AnsweredRows> parts)
    {
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".csv":
                WriteText(path, parts, writer => new TableLines(writer, ','));
                break;
            case ".tsv":
                WriteText(path, parts, writer => new TableLines(writer, '\t'));
                break;
            case ".jsonl" or ".ndjson":
                WriteText(path, parts, _ => null);
                break;
            case ".parquet" when ParquetSupport.IsSupported:
                WriteParquet(path, parts);
                break;
            case ".parquet":
                throw ParquetSupport.Refusal(path);
            default:
                throw new InputException("output", path, $"a file that ends in one of {string.Join(", ", Extensions)}");
        }
    }

    /// <summary>
    /// One line of JSON Lines: the row, its id where the file has one, the text and the prediction, or <c>error</c> where there is none.
    /// </summary>
    public static string Line(AnsweredRow row)
    {
        JsonObject line = new() { ["row"] = row.Number };
        if (row.Id is not null) line["id"] = row.Id;
        if (row.Prediction is null)
        {
            line["error"] = row.Failure?.Problem ?? "no answer";
            return line.ToJsonString(s_line);
        }

        line["text"] = row.Data!.TextOf(row.Example);
        foreach ((string key, JsonNode? value) in row.Prediction.ToMarkedJson()) line[key] = value?.DeepClone();
        return line.ToJsonString(s_line);
    }

    private static void WriteText(string path, IEnumerable<AnsweredRows> parts, Func<StreamWriter, TableLines?> table) =>
        AtomicFile.Write(path, stream =>
        {
            using StreamWriter writer = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true)
            {
                NewLine = "\n",
            };
            TableLines? lines = table(writer);
            Columns? columns = null;
            foreach (AnsweredRows part in parts)
            {
                if (lines is not null && columns is null && part.Rows.Count > 0) lines.Write((columns = Columns.Of(part)).Names);
                foreach (AnsweredRow row in part.Rows)
                {
                    if (lines is null) writer.WriteLine(Line(row));
                    else lines.Write(columns!.Cells(row));
                }
            }
        });

    private static void WriteParquet(string path, IEnumerable<AnsweredRows> parts) => AtomicFile.Write(path, stream =>
        {
            Columns? columns = null;
            DataField<double?> confidence = new("confidence");
            DataField[] fields = [];
            ParquetWriter? writer = null;
            using CountingStream counted = new(stream); // the writer wants to know its place
            foreach (AnsweredRows part in parts)
            {
                if (columns is null)
                {
                    columns = Columns.Of(part);
                    fields =
                    [
                        .. columns.Names.Select(name => name == confidence.Name ? (DataField)confidence : new DataField<string>(name)),
                    ];
                    writer = ParquetWriter.CreateAsync(new ParquetSchema(fields), counted).GetAwaiter().GetResult();
                }

                string[][] cells = [.. part.Rows.Select(columns.Cells)];
                using ParquetRowGroupWriter group = writer!.CreateRowGroup();
                for (int column = 0; column < fields.Length; column++)
                {
                    if (fields[column].Equals(confidence))
                        group
                            .WriteAsync<double>(confidence, (double?[])[.. part.Rows.Select(row => row.Prediction?.Confidence)])
                            .GetAwaiter()
                            .GetResult();
                    else
                        group.WriteAsync(fields[column], (string[])[.. cells.Select(row => row[column])]).GetAwaiter().GetResult();
                }
            }

            writer?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        });

    /// <summary>The columns of a table, from what the first rows have.</summary>
    private sealed record Columns(
        IReadOnlyList<string> Names,
        bool HasId,
        bool HasPair,
        bool HasDetails,
        bool HasUnsure,
        bool HasUnfamiliar
    )
    {
        public static Columns Of(AnsweredRows part)
        {
            AnsweredRow first = part.Rows[0];
            bool hasUnsure = part.Rows.Any(row => row.Prediction?.IsUnsure is not null),
                hasUnfamiliar = part.Rows.Any(row => row.Prediction?.IsUnfamiliar is not null);
            // A first row without an answer says little: then there are all columns.
            bool hasPair = first.Data is null || first.Data.PairOf(first.Example) is not null,
                hasDetails = first.Prediction is null || first.Prediction.Details is not null;
            string[] names =
            [
                "row",
                .. first.Id is not null ? ["id"] : (string[])[],
                "text",
                .. hasPair ? ["pair"] : (string[])[],
                "prediction",
                "confidence",
                .. hasDetails ? ["details"] : (string[])[],
                .. hasUnsure ? ["unsure"] : (string[])[],
                .. hasUnfamiliar ? ["unfamiliar"] : (string[])[],
                "error",
            ];
            return new Columns(names, first.Id is not null, hasPair, hasDetails, hasUnsure, hasUnfamiliar);
        }

        public string[] Cells(AnsweredRow row) =>
        [
            row.Number.ToString(CultureInfo.InvariantCulture),
            .. HasId ? [row.Id ?? ""] : (string[])[],
            row.Data?.FirstTextOf(row.Example) ?? "",
            .. HasPair ? [row.Data?.PairOf(row.Example) ?? ""] : (string[])[],
            row.Prediction?.Answer ?? "",
            row.Prediction is null ? "" : Confidence(row.Prediction),
            .. HasDetails ? [row.Prediction?.Details?.ToJsonString(s_line) ?? ""] : (string[])[],
            .. HasUnsure ? [Flag(row.Prediction?.IsUnsure)] : (string[])[],
            .. HasUnfamiliar ? [Flag(row.Prediction?.IsUnfamiliar)] : (string[])[],
            row.Failure?.Problem ?? "",
        ];
    }

    private static string Flag(bool? value) => value is bool flag ? (flag ? "true" : "false") : "";

    private static string Confidence(Prediction prediction) =>
        prediction.Confidence?.ToString("0.######", CultureInfo.InvariantCulture) ?? "";

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
