using Graft.Data.Tables;
using Graft.Data.Tagging;

namespace Graft.Data;

/// <summary>
/// Reads tagged words: CoNLL columns (two or more, separated by tabs or blanks, sentences by blank lines, <c>-DOCSTART-</c> between documents),
/// CoNLL-U, and JSON Lines or Parquet with a list of words and a list of tags a row.
/// </summary>
public static class TokenReader
{
    private static readonly string[] s_wordKeys = ["tokens", "words", "text", "sentence"];
    private static readonly string[] s_tagKeys = ["tags", "ner_tags", "labels", "pos_tags", "upos"];

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The columns; null finds them.</param>
    /// <exception cref="InputException">The file is missing, empty, not UTF-8, lacks a column, or has no sound sentence at all.</exception>
    public static TokenFile Read(string path, TokenColumnOptions? options = null)
    {
        List<BadRow> badRows = [];
        List<TokenSequence> sequences = Stream(path, options, badRows.Add).ToList();
        if (sequences.Count == 0) throw new InputException(badRows.Count > 0 ? $"no sentence can be used: {badRows[0]}" : $"{path} holds no sentences");
        return new TokenFile(path, TagSchemes.Detect(sequences.Select(sequence => sequence.Tags)), sequences, badRows);
    }

    /// <summary>Reads a file of any size sentence by sentence.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The columns; null finds them.</param>
    /// <param name="onBadRow">Is told each bad line when it is met; null ignores them.</param>
    /// <exception cref="InputException">As <see cref="Read"/>.</exception>
    public static IEnumerable<TokenSequence> Stream(string path, TokenColumnOptions? options = null, Action<BadRow>? onBadRow = null)
    {
        options ??= new TokenColumnOptions();
        onBadRow ??= _ => { };
        return DataFile.Extension(path) switch
        {
            ".jsonl" or ".ndjson" or ".parquet" => Lists(Table.Open(path), options, onBadRow),
            ".conllu" => new ConlluReader(path, options, onBadRow).Read(),
            _ => new ConllReader(path, options, onBadRow).Read(),
        };
    }

    private static IEnumerable<TokenSequence> Lists(Table table, TokenColumnOptions options, Action<BadRow> onBadRow)
    {
        int words = Column(table, options.Word, s_wordKeys);
        int tags = Column(table, options.Tag, s_tagKeys);
        if (words < 0) throw Missing(table, options.Word ?? s_wordKeys[0]);
        if (tags < 0 && (options.RequireTags || options.Tag is not null)) throw Missing(table, options.Tag ?? s_tagKeys[0]);
        foreach (TableRow row in table.Rows())
        {
            string[]? wordList = row.Problem is null ? LabelCells.TryJsonList(row.Cells[words] ?? "") : null;
            string[]? tagList = row.Problem is null && tags >= 0 ? LabelCells.TryJsonList(row.Cells[tags] ?? "") : [];
            string? problem = row.Problem
                ?? (wordList is null ? $"\"{table.Columns[words]}\" is not a list of words" : null)
                ?? (tagList is null ? $"\"{table.Columns[tags]}\" is not a list of tags" : null)
                ?? (tags >= 0 && tagList!.Length != wordList!.Length ? $"{wordList.Length} words but {tagList.Length} tags" : null)
                ?? (wordList!.Length == 0 ? "no words" : null);
            if (problem is not null) onBadRow(new BadRow(table.Path, row.Line, problem));
            else yield return new TokenSequence { Words = wordList!, Tags = tagList!, Line = row.Line };
        }
    }

    private static int Column(Table table, string? name, string[] known) =>
        name is null ? ColumnNames.Find(table.Columns, known) : ColumnNames.IndexOf(table.Columns, name);

    private static InputException Missing(Table table, string name) =>
        new($"{table.Path} has no \"{name}\"; it has {string.Join(", ", table.Columns.Select(column => $"\"{column}\""))}");
}
