namespace Graft.Data.Tables;

/// <summary>The formats a table is read from.</summary>
internal enum TableFormat
{
    CommaSeparated,
    TabSeparated,
    JsonLines,
    Parquet,
    PlainText,
}

/// <summary>Tells a file's format from its extension or, where that says nothing, from its first line.</summary>
internal static class TableFormats
{
    /// <summary>The format of an existing file.</summary>
    /// <exception cref="InputException">The extension names a format that is no table.</exception>
    public static TableFormat Detect(string path) => FromExtension(path) ?? FromContent(path);

    /// <summary>The format an extension stands for; null when it says nothing.</summary>
    /// <exception cref="InputException">The extension names a format that is no table.</exception>
    public static TableFormat? FromExtension(string path) => DataFile.Extension(path) switch
    {
        ".csv" => TableFormat.CommaSeparated,
        ".tsv" or ".tab" => TableFormat.TabSeparated,
        ".jsonl" or ".ndjson" => TableFormat.JsonLines,
        ".parquet" => TableFormat.Parquet,
        ".xml" or ".zip" or ".xlsx" or ".xls" or ".docx" or ".pdf" or ".html" =>
            throw new InputException($"{path}: {DataFile.Extension(path)} files are not read; convert it to CSV, TSV, JSON Lines or Parquet"),
        _ => null,
    };

    private static TableFormat FromContent(string path)
    {
        using (Stream stream = DataFile.OpenBytes(path))
        {
            Span<byte> magic = stackalloc byte[4];
            if (stream.ReadAtLeast(magic, 4, throwOnEndOfStream: false) == 4 && magic.SequenceEqual("PAR1"u8)) return TableFormat.Parquet;
        }

        string firstLine = DataFile.Lines(path).Select(line => line.Text).FirstOrDefault(text => !string.IsNullOrWhiteSpace(text)) ?? "";
        return firstLine.TrimStart() switch
        {
            ['{', ..] => TableFormat.JsonLines,
            _ when firstLine.Contains('\t', StringComparison.Ordinal) => TableFormat.TabSeparated,
            _ => TableFormat.PlainText,
        };
    }
}
