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

    /// <summary>Words to be tagged, sentence by sentence: tagged files without their tags; plain text and tables of texts cut into words.</summary>
    internal static IEnumerable<TokenSequence> Stream(string path, ColumnOptions columns, Action<BadRow> onBadRow)
    {
        if (!HoldsTexts(path, columns)) return TokenReader.Stream(path, Columns(columns, requireTags: false), onBadRow).Select(sequence => sequence with { Tags = [] });
        return LabelledTextReader.Stream(path, columns with { RequireLabel = false }, onBadRow).Where(row => !string.IsNullOrWhiteSpace(row.Text))
            .Select(row => WordSplitter.Split(row.Text) with { Line = row.Line });
    }

    /// <summary>True where cells are whole texts rather than words or lists of words.</summary>
    private static bool HoldsTexts(string path, ColumnOptions columns)
    {
        string extension = DataFile.Extension(path);
        if (extension is ".conll" or ".conllu" or ".iob" or ".bio") return false;
        if (extension is ".txt" or ".csv") return true;
        LabelledText[] first = [.. LabelledTextReader.Stream(path, columns with { RequireLabel = false, Label = null }).Take(20)];
        if (extension is ".jsonl" or ".ndjson" or ".parquet") return first.Length > 0 && first.All(row => !row.Text.StartsWith('['));
        return first.Length > 0 && first.Count(row => row.Text.Contains(' ', StringComparison.Ordinal)) > first.Length / 2; // words have no blanks in them
    }

    private static TokenColumnOptions Columns(ColumnOptions columns, bool requireTags) => new() { Word = columns.Text, Tag = columns.Label, RequireTags = requireTags };

    /// <summary>Reads tagged words; every scheme of entities becomes IOB2, the one the model learns.</summary>
    internal static TokenData Read(string path, ColumnOptions columns, bool labelled)
    {
        if (!labelled)
        {
            List<BadRow> badRows = [];
            TokenSequence[] untagged = [.. Stream(path, columns, badRows.Add)];
            return untagged.Length > 0 ? new TokenData(path, untagged, badRows) : throw new InputException(badRows.Count > 0 ? $"no sentence can be used: {badRows[0]}" : $"{path} holds no text");
        }

        TokenFile file = TokenReader.Read(path, Columns(columns, labelled));
        return new TokenData(path, [.. file.Sequences.Select(sequence => sequence with { Tags = TagSchemes.ToIob2(sequence.Tags, file.Scheme) })], file.BadRows);
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
