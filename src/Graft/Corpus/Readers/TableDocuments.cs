using Graft.Data.Tables;

namespace Graft.Corpus.Readers;

/// <summary>A document a row: JSON Lines and Parquet.</summary>
internal static class TableDocuments
{
    private static readonly string[] s_usualNames = ["text", "content", "document", "body", "raw_content"];

    public static IEnumerable<string> Read(string path, string? textField)
    {
        Table table = Table.Open(path);
        int column = Column(table, textField);
        foreach (TableRow row in table.Rows())
        {
            if (row.Problem is not null)
                throw new InputException(
                    string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{path}, line {row.Line}: {row.Problem}")
                );
            if (row.Cells[column] is { Length: > 0 } text)
                yield return text;
        }
    }

    private static int Column(Table table, string? textField)
    {
        foreach (string name in textField is null ? s_usualNames : [textField])
        {
            int column = table.Columns.ToList().FindIndex(c => string.Equals(c, name, StringComparison.OrdinalIgnoreCase));
            if (column >= 0) return column;
        }

        if (textField is null && table.Columns.Count == 1)
            return 0;
        throw new InputException(
            $"{table.Path} has no column \"{textField ?? "text"}\"; it has {string.Join(", ", table.Columns)}: name it with `text-field`"
        );
    }
}
