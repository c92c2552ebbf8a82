namespace Graft.Data.Tables;

/// <summary>Names by which published data sets call their columns, most telling first.</summary>
internal static class ColumnNames
{
    /// <summary>The text, or the first text of a pair.</summary>
    public static readonly string[] Text =
    [
        "text", "sentence", "sentence1", "sentence_1", "text1", "text_a", "sentence_a", "premise", "question1", "anchor", "query", "review",
        "tweet", "message", "comment", "content", "document", "utterance", "body", "question", "input", "source", "title",
    ];

    /// <summary>The second text of a pair.</summary>
    public static readonly string[] Pair =
    [
        "pair", "text_pair", "sentence2", "sentence_2", "text2", "text_b", "sentence_b", "hypothesis", "question2", "positive", "passage", "response",
    ];

    /// <summary>The answer to learn.</summary>
    public static readonly string[] Label =
    [
        "label", "gold_label", "labels", "class", "category", "categories", "target", "sentiment", "intent", "score", "similarity", "rating",
        "stars", "topic", "polarity", "tag", "tags", "output", "summary", "answer", "y",
    ];

    private static readonly HashSet<string> s_known = new([.. Text, .. Pair, .. Label, "id", "idx", "index", "context", "paragraph", "negative", "choices", "options", "endings", "choice0", "choice1", "ending0", "ending1", "option0", "option1"], StringComparer.OrdinalIgnoreCase);

    /// <summary>True for any name above, whatever its case.</summary>
    public static bool IsKnown(string name) => s_known.Contains(name.Trim());

    /// <summary>The column with the most telling of the names; −1 when there is none.</summary>
    public static int Find(IReadOnlyList<string> columns, IEnumerable<string> names)
    {
        foreach (string name in names)
        {
            int index = IndexOf(columns, name);
            if (index >= 0) return index;
        }

        return -1;
    }

    /// <summary>The column of this name: exactly, else whatever its case; −1 when there is none.</summary>
    public static int IndexOf(IReadOnlyList<string> columns, string name)
    {
        int IndexBy(StringComparison comparison)
        {
            for (int i = 0; i < columns.Count; i++)
            {
                if (string.Equals(columns[i], name, comparison)) return i;
            }

            return -1;
        }

        int exact = IndexBy(StringComparison.Ordinal);
        return exact >= 0 ? exact : IndexBy(StringComparison.OrdinalIgnoreCase);
    }
}
