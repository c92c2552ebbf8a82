using System.Text.Json;

namespace Graft.Data.Tables;

/// <summary>The formats a table is read from.</summary>
internal enum TableFormat
{
    Separated,
    JsonLines,
    Json,
    Parquet,
    FastText,
    PlainText,
}

/// <summary>Tells a file's format from its content; the extension decides only where that leaves it open.</summary>
internal static class TableFormats
{
    /// <summary>What other programs' files begin with, and what to do about them.</summary>
    private static readonly (byte[] Start, string What)[] s_binary =
    [
        ([0x50, 0x4B, 0x03, 0x04], "a ZIP archive (Excel's .xlsx is one): save the sheet as CSV, or unpack the archive"),
        ([0xD0, 0xCF, 0x11, 0xE0], "a file of Excel or Word: save the sheet as CSV"),
        ("%PDF"u8.ToArray(), "a PDF: extract its text"),
        ("SQLite format 3"u8.ToArray(), "an SQLite database: export the table as CSV"),
        ("ARROW1"u8.ToArray(), "an Arrow file: write it as Parquet"),
        ([0xFF, 0xFF, 0xFF, 0xFF], "an Arrow stream: write it as Parquet"),
        ([0x89, 0x48, 0x44, 0x46], "an HDF5 file: write it as Parquet or CSV"),
        ([0x80, 0x04], "a Python pickle, which is code and never loaded: write it as Parquet or CSV"),
        ([0x80, 0x05], "a Python pickle, which is code and never loaded: write it as Parquet or CSV"),
        ([0x28, 0xB5, 0x2F, 0xFD], "compressed by zstd: unpack it, or compress it with gzip"),
        ("BZh"u8.ToArray(), "compressed by bzip2: unpack it, or compress it with gzip"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "compressed by xz: unpack it, or compress it with gzip"),
        ("version https://git-lfs"u8.ToArray(), "a pointer of Git LFS, not the file itself: fetch it with git lfs pull"),
    ];

    /// <summary>The format of an existing file, and the separator of its columns where it has one.</summary>
    /// <exception cref="InputException">It is no table, or two separators are equally likely.</exception>
    public static (TableFormat Format, char? Separator) Detect(string path, ColumnOptions options)
    {
        char? separator = options.Delimiter is string asked ? DelimiterFinder.Parse(asked) : null;
        if (options.Format is string format)
            return (
                Named(format, path),
                format is "csv" ? separator ?? SeparatorOf(path)
                : format is "tsv" ? '\t'
                : null
            );
        if (StartsLikeParquet(path))
            return (TableFormat.Parquet, null);
        if (separator is not null)
            return (TableFormat.Separated, separator);
        string extension = DataFile.Extension(path);
        if (extension is ".xml" or ".zip" or ".xlsx" or ".xls" or ".docx" or ".pdf" or ".html")
            throw new InputException($"{path}: {extension} files are not read; convert it to CSV, TSV, JSON Lines or Parquet");
        if (extension is ".parquet")
            throw new InputException($"{path} is not a sound Parquet file: it does not begin with PAR1");
        IEnumerable<string> lines = DataFile.Lines(path).Select(line => line.Text).Where(line => !string.IsNullOrWhiteSpace(line));
        string first = lines.FirstOrDefault() ?? throw new InputException($"{path} holds no rows");
        if (JsonKind(lines, extension is ".csv" or ".tsv" or ".tab") is { } json)
            return (json, null);
        if (extension is ".jsonl" or ".ndjson")
            return (TableFormat.JsonLines, null);
        if (extension is ".json")
            throw new InputException($"{path} is called JSON and begins with neither [ nor {{; say what it is with `format`");
        if (IsMarked(first) && MostOf(lines, IsMarked))
            return (TableFormat.FastText, null);
        if (DelimiterFinder.Stated(first) is char stated)
            return (TableFormat.Separated, stated);
        return Lines(path, extension, options);
    }

    /// <summary>
    /// Tables and plain text: what is called <c>.csv</c> or <c>.tsv</c> is a table; anything else is one where labels or pairs are needed,
    /// or every line has a tab.
    /// </summary>
    private static (TableFormat Format, char? Separator) Lines(string path, string extension, ColumnOptions options)
    {
        char? expected = extension is ".tsv" or ".tab" ? '\t' : extension is ".csv" ? ',' : null;
        bool isTable = expected is not null || options.RequireLabel || options.RequirePair || options.Text is not null;
        if (isTable)
            return DelimiterFinder.Find(path, expected) is char found ? (TableFormat.Separated, found)
                : expected is not null ? (TableFormat.Separated, expected)
                : (TableFormat.PlainText, null);
        bool hasTabs =
            extension is not ".txt"
            && DataFile.Lines(path).All(line => string.IsNullOrWhiteSpace(line.Text) || line.Text.Contains('\t', StringComparison.Ordinal));
        return hasTabs ? (TableFormat.Separated, '\t') : (TableFormat.PlainText, null);
    }

    /// <summary>Whether a file begins as JSON does, and how; null where it does not. What begins so is read as nothing else.</summary>
    /// <param name="lines">The lines that are not blank, at least one; all are looked at only where the first two leave it open.</param>
    /// <param name="mayBeTable">Whether a first line that is no beginning of JSON makes it a table.</param>
    public static TableFormat? JsonKind(IEnumerable<string> lines, bool mayBeTable)
    {
        string first = lines.First().TrimStart();
        string? second = lines.Skip(1).FirstOrDefault()?.TrimStart();
        if (first is not ['{' or '[', ..]) return null;
        if (mayBeTable && !BeginsJson(first)) return null;
        bool isWhole = IsObject(first);
        if (first[0] == '{' && isWhole && (second is null ? !HoldsRecords(first) : second is ['{', ..]))
            return TableFormat.JsonLines;
        return first[0] == '{' && !isWhole && second is not null && MostOf(lines.Skip(1), IsObject)
            ? TableFormat.JsonLines
            : TableFormat.Json;
    }

    private static bool IsMarked(string line) => line.Contains(FastTextTable.Mark, StringComparison.Ordinal);

    private static bool MostOf(IEnumerable<string> lines, Func<string, bool> holds)
    {
        long count = 0, all = 0;
        foreach (string line in lines)
        {
            all++;
            if (holds(line)) count++;
        }

        return count * 2 > all;
    }

    private static bool IsObject(string line)
    {
        try
        {
            using JsonDocument document = JsonText.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether a whole object of one line is a document of records rather than a record: records under a key, or a list or an object a
    /// column.
    /// </summary>
    private static bool HoldsRecords(string line)
    {
        using JsonDocument document = JsonText.Parse(line);
        if (
            document
                .RootElement.EnumerateObject()
                .Any(property =>
                    ColumnNames.Text.Contains(property.Name, StringComparer.OrdinalIgnoreCase)
                    && property.Value.ValueKind == JsonValueKind.Array
                    && property.Value.GetArrayLength() > 1
                )
        )
            return true;
        return document
                .RootElement.EnumerateObject()
                .Any(property =>
                    property.Value.ValueKind == JsonValueKind.Object
                    || (
                        property.Value.ValueKind == JsonValueKind.Array
                        && property.Value.GetArrayLength() > 0
                        && property.Value[0].ValueKind is JsonValueKind.Object or JsonValueKind.Array
                    )
                )
            && !document
                .RootElement.EnumerateObject()
                .Any(property => property.Value.ValueKind == JsonValueKind.String && ColumnNames.IsKnown(property.Name));
    }

    /// <summary>Whether a line is the beginning of JSON, as far as it goes.</summary>
    public static bool BeginsJson(string line)
    {
        try
        {
            Utf8JsonReader reader = new(System.Text.Encoding.UTF8.GetBytes(line), isFinalBlock: false, default);
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool StartsLikeParquet(string path)
    {
        using Stream stream = DataFile.OpenBytes(path);
        Span<byte> start = stackalloc byte[24];
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        foreach ((byte[] magic, string what) in s_binary)
        {
            if (start.StartsWith(magic)) throw new InputException($"{path} is {what}");
        }

        return start.StartsWith("PAR1"u8);
    }

    private static char SeparatorOf(string path) =>
        DataFile.Lines(path).FirstOrDefault().Text is { } first && DelimiterFinder.Stated(first) is char stated
            ? stated
            : DelimiterFinder.Find(path, ',') ?? ',';

    private static TableFormat Named(string format, string path) =>
        format switch
        {
            "csv" or "tsv" => TableFormat.Separated,
            "json-lines" or "jsonl" => TableFormat.JsonLines,
            "json" => TableFormat.Json,
            "parquet" => TableFormat.Parquet,
            "fasttext" => TableFormat.FastText,
            "text" => TableFormat.PlainText,
            _ => throw new InputException(
                $"`format` {format}: {path} would be read as one of csv, tsv, json-lines, json, parquet, fasttext, text; of tagged "
                    + $"words also conll, conll-u, spans; of questions squad"
            ),
        };
}
