namespace Graft.Data;

/// <summary>One text, or pair of texts, with what is known about it.</summary>
public sealed record LabelledText
{
    /// <value>The text, as it stands in the file.</value>
    public required string Text { get; init; }

    /// <value>The second text of a pair; null when the file has none.</value>
    public string? Pair { get; init; }

    /// <value>The labels: one for single-label tasks and regression, any number for multi-label tasks, none for unlabelled text.</value>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <value>The line in the file, from 1 (Parquet: the row).</value>
    public long Line { get; init; }

    /// <value>The number of the record in its file, from 1; a header is none.</value>
    public long Row { get; init; }

    /// <value>What the file's id column says; null where it has none.</value>
    public string? Id { get; init; }

    /// <value>The other columns of the row by name: for scores by slice and for writing predictions beside their input.</value>
    public IReadOnlyDictionary<string, string?> Other { get; init; } = NoColumns;

    /// <summary>The only label; null when there is none.</summary>
    /// <exception cref="InvalidOperationException">There are several.</exception>
    public string? Label => Labels.SingleOrDefault();

    internal static IReadOnlyDictionary<string, string?> NoColumns { get; } = new Dictionary<string, string?>(StringComparer.Ordinal);
}

/// <summary>The labelled texts of a file and what could not be read of it.</summary>
/// <param name="Path">The file, as it was named.</param>
/// <param name="TextColumn">The column the texts were read from.</param>
/// <param name="PairColumn">The column of the second texts; null when there is none.</param>
/// <param name="LabelColumns">The columns of the labels: one, or one a label where each is a column of 0 and 1; empty when there is
/// none.</param>
/// <param name="Rows">The sound rows, in order.</param>
/// <param name="BadRows">The others, each with its line and what is wrong with it.</param>
/// <param name="Interpretation">How the file was read.</param>
public sealed record LabelledTextFile(
    string Path,
    string TextColumn,
    string? PairColumn,
    IReadOnlyList<string> LabelColumns,
    IReadOnlyList<LabelledText> Rows,
    IReadOnlyList<BadRow> BadRows,
    Interpretation Interpretation);
