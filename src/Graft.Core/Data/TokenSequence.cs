using System.Text;
using Graft.Data.Tagging;

namespace Graft.Data;

/// <summary>A sentence of words, each with a tag.</summary>
internal sealed record TokenSequence
{
    /// <value>The words.</value>
    public required IReadOnlyList<string> Words { get; init; }

    /// <value>One tag a word; empty for unlabelled text.</value>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <value>The line of the first word, from 1.</value>
    public long Line { get; init; }

    /// <value>The document the sentence belongs to, from 0; counted by <c>-DOCSTART-</c> and <c># newdoc</c>.</value>
    public int Document { get; init; }

    /// <value>Whether no space follows each word (<c>SpaceAfter=No</c>); empty where the format does not say.</value>
    public IReadOnlyList<bool> Joined { get; init; } = [];

    /// <value>The text that the words were cut from, each found in it in turn; null where the format has words only.</value>
    public string? Text { get; init; }

    /// <value>The number of the record in a file of records, from 1; of other files the sentence's.</value>
    public long Row { get; init; }

    /// <value>What the file's id column says; null where it has none.</value>
    public string? Id { get; init; }

    /// <value>The line of each word; empty where they all stand in one.</value>
    internal IReadOnlyList<long> Lines { get; init; } = [];

    /// <summary>The line a word stands in.</summary>
    internal long LineOf(int word) => word < Lines.Count ? Lines[word] : Line;

    /// <summary>The sentence as text, with the UTF-16 offset at which each word starts.</summary>
    public (string Text, int[] Starts) Layout()
    {
        if (Text is string whole)
        {
            int[] places = new int[Words.Count];
            for (int i = 0, at = 0; i < places.Length; at = places[i] + Words[i].Length, i++)
                places[i] = whole.IndexOf(Words[i], at, StringComparison.Ordinal);
            return (whole, places);
        }

        StringBuilder text = new();
        int[] starts = new int[Words.Count];
        for (int i = 0; i < Words.Count; i++)
        {
            if (i > 0 && (Joined.Count == 0 || !Joined[i - 1])) text.Append(' ');
            starts[i] = text.Length;
            text.Append(Words[i]);
        }

        return (text.ToString(), starts);
    }
}

/// <summary>The sentences of a file and what could not be read of it.</summary>
/// <param name="Path">The file, as it was named.</param>
/// <param name="Scheme">The scheme of its tags.</param>
/// <param name="Sequences">The sound sentences, in order, with their tags as they stand in the file.</param>
/// <param name="BadRows">Lines that could not be used; their sentences are left out.</param>
/// <param name="Interpretation">How the file was read.</param>
internal sealed record TokenFile(
    string Path,
    TagScheme Scheme,
    IReadOnlyList<TokenSequence> Sequences,
    IReadOnlyList<BadRow> BadRows,
    Interpretation Interpretation
);

/// <summary>Which columns of a file of tokens hold what.</summary>
internal sealed record TokenColumnOptions
{
    /// <value>
    /// The column of the words: a number from 1, a CoNLL-U column (<c>form</c>, <c>lemma</c> …) or a JSON key. Null: the first, or found by
    /// name.
    /// </value>
    public string? Word { get; init; }

    /// <value>
    /// The column of the tags: a number from 1, a CoNLL-U column (<c>upos</c>, <c>xpos</c>, <c>deprel</c> …) or a JSON key. Null: the last,
    /// <c>upos</c>, or found by name.
    /// </value>
    public string? Tag { get; init; }

    /// <value>What else the user says about the file: format, separator, header, names of numbered tags, how training was read.</value>
    public ColumnOptions File { get; init; } = new();

    /// <value>True: words without a tag are refused. False for text to be predicted.</value>
    public bool RequireTags { get; init; } = true;
}
