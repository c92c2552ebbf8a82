using Graft.Data;
using Graft.Data.Tagging;

namespace Graft.Tasks.TokenClassification;

/// <summary>Sentences of words, with tags in IOB2 or without a scheme.</summary>
internal sealed record TokenData(string Path, IReadOnlyList<TokenSequence> Sequences, IReadOnlyList<BadRow> BadRows)
    : TaskData(Path, BadRows)
{
    /// <inheritdoc/>
    public override int Count => Sequences.Count;

    /// <inheritdoc/>
    public override string TextOf(int example) => Sequences[example].Layout().Text;

    /// <inheritdoc/>
    public override string PlaceOf(int example) => $"{Path} line {Sequences[example].Line}";

    /// <inheritdoc/>
    public override long RowOf(int example) => Sequences[example].Row;

    /// <inheritdoc/>
    public override string? IdOf(int example) => Sequences[example].Id;

    /// <inheritdoc/>
    public override TaskData Take(IReadOnlyList<int> examples) => this with { Sequences = [.. examples.Select(i => Sequences[i])] };

    /// <summary>
    /// Words to be tagged, sentence by sentence: tagged files without their tags; plain text and tables of texts cut into words.
    /// </summary>
    internal static IEnumerable<TokenSequence> Stream(
        string path,
        ColumnOptions columns,
        Action<BadRow> onBadRow,
        Action<Interpretation> onRead
    )
    {
        if (!HoldsTexts(path, columns))
            return TokenReader
                .Stream(path, Columns(columns, requireTags: false), onBadRow, onRead)
                .Select(sequence => sequence with { Tags = [] });
        return LabelledTextReader
            .Stream(path, columns with { Label = null, LabelColumns = [] }, onBadRow, onRead)
            .Where(row => !string.IsNullOrWhiteSpace(row.Text))
            .Select(row => WordSplitter.Split(row.Text) with { Line = row.Line, Row = row.Row, Id = row.Id });
    }

    /// <summary>True where cells are whole texts rather than words or lists of words.</summary>
    private static bool HoldsTexts(string path, ColumnOptions columns)
    {
        if (columns.Format is "conll" or "conll-u" or "spans") return false;
        if (columns.Format is "text") return true;
        string extension = DataFile.Extension(path);
        if (extension is ".conll" or ".conllu" or ".iob" or ".bio") return false;
        if (extension is ".txt") return true;
        if (TokenReader.FormatOf(path, columns) == "conll")
        {
            long all = 0, texts = 0, tagged = 0;
            foreach (string line in DataFile.Lines(path).Select(line => line.Text).Where(line => !string.IsNullOrWhiteSpace(line)))
            {
                all++;
                if (!line.Contains('\t', StringComparison.Ordinal) && line.Contains(' ', StringComparison.Ordinal)) texts++;
                if (TagSchemes.MarksEntities(line.Split(' ')[^1])) tagged++;
            }

            return texts > all / 2 && tagged <= all / 2;
        }

        if (extension is ".conllu") return false;
        long rows = 0, withBlanks = 0, lists = 0;
        foreach (LabelledText row in LabelledTextReader.Stream(path, columns with { Label = null, LabelColumns = [] }))
        {
            rows++;
            if (row.Text.StartsWith('[')) lists++;
            else if (row.Text.Contains(' ', StringComparison.Ordinal)) withBlanks++; // words have no blanks in them
        }

        return withBlanks > rows / 2 && lists <= rows / 2;
    }

    private static TokenColumnOptions Columns(ColumnOptions columns, bool requireTags) =>
        new()
        {
            Word = columns.Text,
            Tag = columns.Label,
            RequireTags = requireTags,
            File = columns,
        };

    /// <summary>Reads tagged words; every scheme of entities becomes IOB2, the one the model learns.</summary>
    internal static TokenData Read(string path, ColumnOptions columns, bool labelled)
    {
        if (!labelled)
        {
            List<BadRow> badRows = [];
            Interpretation? read = null;
            TokenSequence[] untagged = [.. Stream(path, columns, badRows.Add, interpretation => read = interpretation)];
            return untagged.Length > 0
                ? new TokenData(path, untagged, badRows) { Reading = read }
                : throw new InputException(badRows.Count > 0 ? $"no sentence can be used: {badRows[0]}" : $"{path} holds no text");
        }

        TokenFile file = TokenReader.Read(path, Columns(columns, labelled));
        return new TokenData(
            path,
            [.. file.Sequences.Select(sequence => sequence with { Tags = TagSchemes.ToIob2(sequence.Tags, file.Scheme) })],
            file.BadRows
        )
        {
            Reading = file.Interpretation,
        };
    }
}
