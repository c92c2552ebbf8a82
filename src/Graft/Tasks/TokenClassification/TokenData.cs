using Graft.Data;
using Graft.Data.Tagging;

namespace Graft.Tasks.TokenClassification;

/// <summary>Sentences of words, with tags in IOB2 or without a scheme.</summary>
public sealed record TokenData(string Path, IReadOnlyList<TokenSequence> Sequences, IReadOnlyList<BadRow> BadRows) : TaskData(Path, BadRows)
{
    /// <inheritdoc/>
    public override int Count => Sequences.Count;

    /// <inheritdoc/>
    public override string TextOf(int example) => Sequences[example].Layout().Text;

    /// <inheritdoc/>
    public override string PlaceOf(int example) => $"{Path} line {Sequences[example].Line}";

    /// <inheritdoc/>
    public override TaskData Take(IReadOnlyList<int> examples) => this with { Sequences = [.. examples.Select(i => Sequences[i])] };

    /// <summary>Reads tagged words; every scheme of entities becomes IOB2, the one the model learns.</summary>
    internal static TokenData Read(string path, ColumnOptions columns, bool labelled)
    {
        if (!labelled && System.IO.Path.GetExtension(path).Equals(".txt", StringComparison.OrdinalIgnoreCase))
        {
            TokenSequence[] lines = [.. DataFile.Lines(path).Where(line => !string.IsNullOrWhiteSpace(line.Text)).Select(line => WordSplitter.Split(line.Text) with { Line = line.Number })];
            return lines.Length > 0 ? new TokenData(path, lines, []) : throw new InputException($"{path} holds no text");
        }

        TokenFile file = TokenReader.Read(path, new TokenColumnOptions { Word = columns.Text, Tag = columns.Label, RequireTags = labelled });
        bool tagged = file.Sequences.All(sequence => sequence.Tags.Count == sequence.Words.Count);
        TokenSequence[] sequences = [.. file.Sequences.Select(sequence => tagged ? sequence with { Tags = TagSchemes.ToIob2(sequence.Tags, file.Scheme) } : sequence with { Tags = [] })];
        return new TokenData(path, sequences, file.BadRows);
    }
}

/// <summary>Plain text as words: white space separates, a punctuation mark is a word of its own, as in the corpora that taggers learn from.</summary>
internal static class WordSplitter
{
    /// <summary>The words of a text; <see cref="TokenSequence.Layout"/> of single-spaced text gives it back.</summary>
    /// <example>"Ann's in Rome." → Ann ' s in Rome .</example>
    public static TokenSequence Split(string text)
    {
        List<string> words = [];
        List<bool> joined = [];
        int at = 0;
        while (at < text.Length)
        {
            int start = at;
            if (char.IsWhiteSpace(text[at]))
            {
                at++;
                continue;
            }

            if (IsMark(text[at])) at++;
            else while (at < text.Length && !char.IsWhiteSpace(text[at]) && !IsMark(text[at])) at++;
            words.Add(text[start..at]);
            joined.Add(at < text.Length && !char.IsWhiteSpace(text[at]));
        }

        return new TokenSequence { Words = words, Joined = joined };
    }

    private static bool IsMark(char c) => char.IsPunctuation(c) || char.IsSymbol(c);
}
