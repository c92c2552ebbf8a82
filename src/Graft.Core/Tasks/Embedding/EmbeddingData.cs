using System.Globalization;
using Graft.Data;

namespace Graft.Tasks.Embedding;

/// <summary>What the rows of a file are for a model of sentence vectors.</summary>
internal enum EmbeddingRows
{
    /// <summary>Single texts: each is to get its vector.</summary>
    Texts,

    /// <summary>Texts that belong together; the other pairs of a batch are what does not.</summary>
    Pairs,

    /// <summary>A text, one that belongs to it, and one that does not.</summary>
    Triplets,

    /// <summary>Pairs with a number that says how similar they are.</summary>
    Scored,
}

/// <summary>Texts, pairs or triplets.</summary>
/// <param name="Path">The file.</param>
/// <param name="Rows">The first texts, second texts (<see cref="LabelledText.Pair"/>) and scores.</param>
/// <param name="Negatives">The third texts of triplets; empty for others.</param>
/// <param name="Kind">What the rows are.</param>
/// <param name="BadRows">What could not be used.</param>
internal sealed record EmbeddingData(
    string Path,
    IReadOnlyList<LabelledText> Rows,
    IReadOnlyList<string> Negatives,
    EmbeddingRows Kind,
    IReadOnlyList<BadRow> BadRows
) : TaskData(Path, BadRows)
{
    private static readonly string[] s_negatives = ["negative", "neg", "hard_negative", "contradiction"];

    /// <inheritdoc/>
    public override int Count => Rows.Count;

    /// <inheritdoc/>
    public override string TextOf(int example) => Rows[example].Pair is string pair ? $"{Rows[example].Text} ⏐ {pair}" : Rows[example].Text;

    /// <inheritdoc/>
    public override string FirstTextOf(int example) => Rows[example].Text;

    /// <inheritdoc/>
    public override string? PairOf(int example) => Rows[example].Pair;

    /// <inheritdoc/>
    public override string PlaceOf(int example) => $"{Path} line {Rows[example].Line}";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, string?> ColumnsOf(int example) => Rows[example].Other;

    /// <inheritdoc/>
    public override long RowOf(int example) => Rows[example].Row;

    /// <inheritdoc/>
    public override string? IdOf(int example) => Rows[example].Id;

    /// <inheritdoc/>
    public override TaskData Take(IReadOnlyList<int> examples) =>
        this with
        {
            Rows = [.. examples.Select(i => Rows[i])],
            Negatives = Negatives.Count == 0 ? [] : [.. examples.Select(i => Negatives[i])],
        };

    /// <summary>The similarity that a row states.</summary>
    public double ScoreOf(int example) => double.Parse(Rows[example].Label!, NumberStyles.Float, CultureInfo.InvariantCulture);

    /// <summary>The score that means "the same": the largest, at least 1.</summary>
    public double LargestScore => Math.Max(1, Enumerable.Range(0, Count).Max(ScoreOf));

    /// <summary>The parts of a row: one text, two or three.</summary>
    internal string[] PartsOf(int example)
    {
        LabelledText row = Rows[example];
        if (row.Pair is null) return [row.Text];
        return Kind == EmbeddingRows.Triplets ? [row.Text, row.Pair, Negatives[example]] : [row.Text, row.Pair];
    }

    /// <summary>
    /// Reads a file: with a label column scored pairs, with a negative column triplets, else pairs; single texts where nothing is asked.
    /// </summary>
    /// <exception cref="InputException">There is no second text to learn from, or no score is a number.</exception>
    internal static EmbeddingData Read(string path, ColumnOptions columns, bool labelled)
    {
        LabelledTextFile file = LabelledTextReader.Read(
            path,
            columns with
            {
                RequireLabel = false,
                RequirePair = labelled,
                Answer = AnswerKind.Number,
            }
        );
        if (!labelled)
            return new EmbeddingData(
                path,
                [.. file.Rows.Select(row => row with { Labels = [] })],
                [],
                file.PairColumn is null ? EmbeddingRows.Texts : EmbeddingRows.Pairs,
                file.BadRows
            )
            {
                Reading = file.Interpretation,
            };
        string? negative = columns.Negative ?? s_negatives.FirstOrDefault(name => file.Rows[0].Other.ContainsKey(name));
        if (columns.Negative is not null && !file.Rows[0].Other.ContainsKey(columns.Negative))
            throw new InputException(
                $"{path} has no column \"{columns.Negative}\"; beside text and pair it has "
                    + $"{string.Join(", ", file.Rows[0].Other.Keys.Select(name => $"\"{name}\""))}"
            );
        if (negative is not null)
            return Triplets(file, negative);
        if (file.LabelColumns.Count == 0)
            return new EmbeddingData(path, file.Rows, [], EmbeddingRows.Pairs, file.BadRows) { Reading = file.Interpretation };
        (LabelledText[] sound, BadRow[] bad) = Split(
            file,
            row => IsNumber(row.Label),
            row => $"\"{row.Label}\" is no number; a label of pairs says how similar they are"
        );
        return new EmbeddingData(path, sound, [], EmbeddingRows.Scored, [.. file.BadRows, .. bad]) { Reading = file.Interpretation };
    }

    private static EmbeddingData Triplets(LabelledTextFile file, string negative)
    {
        (LabelledText[] sound, BadRow[] bad) = Split(
            file,
            row => !string.IsNullOrWhiteSpace(row.Other[negative]),
            _ => $"no text in column \"{negative}\""
        );
        return new EmbeddingData(
            file.Path,
            sound,
            [.. sound.Select(row => row.Other[negative]!)],
            EmbeddingRows.Triplets,
            [.. file.BadRows, .. bad]
        )
        {
            Reading = file.Interpretation,
        };
    }

    private static (LabelledText[] Sound, BadRow[] Bad) Split(
        LabelledTextFile file,
        Func<LabelledText, bool> isSound,
        Func<LabelledText, string> problem
    )
    {
        LabelledText[] sound = [.. file.Rows.Where(isSound)];
        BadRow[] bad = [.. file.Rows.Where(row => !isSound(row)).Select(row => new BadRow(file.Path, row.Line, problem(row)))];
        return sound.Length > 0 ? (sound, bad) : throw new InputException($"no row can be used: {bad[0]}");
    }

    private static bool IsNumber(string? label) =>
        double.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value);
}
