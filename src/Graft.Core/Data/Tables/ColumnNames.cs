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

    /// <summary>The second text of a pair, by names that say so.</summary>
    public static readonly string[] Pair =
    [
        "pair", "text_pair", "sentence2", "sentence_2", "text2", "text_2", "text_b", "sentence_b", "hypothesis", "question2",
    ];

    /// <summary>The second text where the task is about pairs.</summary>
    public static readonly string[] PairOfPairs = [.. Pair, "positive", "passage", "response"];

    /// <summary>The answer to learn.</summary>
    public static readonly string[] Label =
    [
        "label",
        "gold_label",
        "labels",
        "class",
        "class index",
        "class_index",
        "category",
        "categories",
        "target",
        "sentiment",
        "intent",
        "score",
        "similarity",
        "rating",
        "stars",
        "topic",
        "polarity",
        "cats",
        "tag",
        "tags",
        "output",
        "summary",
        "answer",
        "y",
    ];

    /// <summary>
    /// Names above that may also stand for something else, so that the content has a say: <c>source</c> may be a text, or the web or the
    /// telephone.
    /// </summary>
    public static readonly string[] Ambiguous =
    [
        "content",
        "document",
        "body",
        "input",
        "source",
        "title",
        "target",
        "score",
        "rating",
        "topic",
        "tag",
        "tags",
        "output",
        "summary",
        "answer",
        "y",
    ];

    /// <summary>Numbers and names of records.</summary>
    public static readonly string[] Id = ["id", "uid", "guid", "_id", "row_id", "example_id"];

    // Names that say what a column is besides a label; they decide only between columns that look alike.
    private static readonly string[] s_asides =
    [
        "id",
        "idx",
        "index",
        "date",
        "time",
        "timestamp",
        "created",
        "updated",
        "confidence",
        "probability",
        "lang",
        "language",
        "locale",
        "split",
        "fold",
        "source",
        "origin",
        "user",
        "author",
        "annotator",
        "annotator_id",
        "worker",
        "name",
        "url",
        "country",
        "city",
        "platform",
        "device",
        "length",
        "count",
        "version",
        "response",
        "reply",
        "answer_text",
    ];

    private static readonly HashSet<string> s_known = new(
        [
            .. Text,
            .. PairOfPairs,
            .. Label,
            .. Id,
            "idx",
            "index",
            "context",
            "paragraph",
            "negative",
            "choices",
            "options",
            "endings",
            "choice0",
            "choice1",
            "ending0",
            "ending1",
            "option0",
            "option1",
            "tokens",
            "words",
            "ner_tags",
            "entities",
            "spans",
            "answers",
            "answer_start",
        ],
        StringComparer.OrdinalIgnoreCase
    );

    /// <summary>True for any name above, whatever its case.</summary>
    public static bool IsKnown(string name) => s_known.Contains(name.Trim());

    /// <summary>True for names of dates, ids, confidences and the like: columns about a row, not of its labels.</summary>
    public static bool IsAside(string name)
    {
        string lower = name.Trim().ToLowerInvariant();
        return Array.Exists(s_asides, aside =>
                lower == aside
                || lower.EndsWith("_" + aside, StringComparison.Ordinal)
                || lower.EndsWith(" " + aside, StringComparison.Ordinal)
            )
            || lower.EndsWith("_at", StringComparison.Ordinal)
            || lower.EndsWith("_no", StringComparison.Ordinal);
    }

    /// <summary>The second of two columns whose names differ in 1 and 2, or a and b, at their end; −1 when there is none.</summary>
    /// <example><c>headline_a</c> and <c>headline_b</c></example>
    public static (int First, int Second) Twins(IReadOnlyList<string> columns)
    {
        for (int i = 0; i < columns.Count; i++)
        {
            char second = columns[i] is [.., char last]
                ? last switch
                {
                    '1' => '2',
                    'a' => 'b',
                    'A' => 'B',
                    _ => '\0',
                }
                : '\0';
            if (second == '\0' || columns[i].Length < 2 || (char.IsAsciiLetter(second) && columns[i][^2] is not ('_' or '-' or ' ')))
                continue;
            int twin = IndexOf(columns, columns[i][..^1] + second);
            if (twin >= 0) return (i, twin);
        }

        return (-1, -1);
    }

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
