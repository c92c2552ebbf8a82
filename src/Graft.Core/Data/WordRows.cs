using Graft.Data.Tables;

namespace Graft.Data;

/// <summary>A table with a word a row: a column says which sentence it belongs to, in every row or in a sentence's first.</summary>
internal sealed class WordRows
{
    private static readonly string[] s_words = ["word", "words", "token", "tokens"];
    private static readonly string[] s_tags = ["tag", "ner_tag", "ner", "label", "labels", "bio", "iob", "pos"];
    private static readonly string[] s_sentences =
    [
        "sentence #",
        "sentence_id",
        "sentence_idx",
        "sent_id",
        "sentence",
        "sentence_no",
        "sentence_number",
        "doc_id",
        "document",
    ];

    private int _sentence;

    /// <value>The column of words.</value>
    public int Word { get; private init; }

    /// <value>The column of tags.</value>
    public int Tag { get; private init; }

    /// <summary>The columns; null where the table is none of words.</summary>
    public static WordRows? Columns(Table table, TokenColumnOptions options)
    {
        int word = options.Word is string name ? ColumnNames.IndexOf(table.Columns, name) : ColumnNames.Find(table.Columns, s_words);
        int tag = options.Tag is string label ? ColumnNames.IndexOf(table.Columns, label) : ColumnNames.Find(table.Columns, s_tags);
        int sentence = ColumnNames.Find(table.Columns, s_sentences);
        return word < 0 || tag < 0 || sentence < 0 || sentence == word
            ? null
            : new WordRows
            {
                Word = word,
                Tag = tag,
                _sentence = sentence,
            };
    }

    /// <summary>The sentences in order; one with an unusable row is reported and left out.</summary>
    public IEnumerable<TokenSequence> Read(Table table, Action<BadRow> onBadRow)
    {
        (List<string> words, List<string> tags, List<long> lines) = ([], [], []);
        string? current = null;
        bool isBad = false;
        long number = 0;
        TokenSequence? Take()
        {
            if (lines.Count == 0) return null;
            number++;
            TokenSequence? sentence = isBad
                ? null
                : new TokenSequence
                {
                    Words = words.ToArray(),
                    Tags = tags.ToArray(),
                    Line = lines[0],
                    Lines = lines.ToArray(),
                    Row = number,
                };
            (words, tags, lines, isBad) = ([], [], [], false);
            return sentence;
        }

        foreach (TableRow row in table.Rows())
        {
            string? name = row.Problem is null && !string.IsNullOrWhiteSpace(row.Cells[_sentence]) ? row.Cells[_sentence] : current;
            if (name != current && Take() is { } sentence) yield return sentence;
            current = name;
            lines.Add(row.Line);
            string? problem = row.Problem
                ?? (
                    string.IsNullOrWhiteSpace(row.Cells[Word]) || string.IsNullOrWhiteSpace(row.Cells[Tag])
                        ? "a word or tag is missing"
                        : null
                );
            if (problem is null)
            {
                words.Add(row.Cells[Word]!.Trim());
                tags.Add(row.Cells[Tag]!.Trim());
            }
            else if (!isBad)
            {
                onBadRow(new BadRow(table.Path, row.Line, problem + "; the sentence is left out") { Row = number + 1 });
                isBad = true;
            }
        }

        if (Take() is { } last) yield return last;
    }
}
