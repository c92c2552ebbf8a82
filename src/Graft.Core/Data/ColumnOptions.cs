namespace Graft.Data;

/// <summary>Which columns of a table hold what. Everything left out is found by name and content.</summary>
public sealed record ColumnOptions
{
    /// <value>The text column; a name, or a number from 1 in files without a header. Null: found.</value>
    public string? Text { get; init; }

    /// <value>The column of the second text. Null: found by name, absent if there is none.</value>
    public string? Pair { get; init; }

    /// <value>The column of texts that do not belong to the text (triplets of sentence vectors). Null: found by name.</value>
    public string? Negative { get; init; }

    /// <value>The label column; with <see cref="MultiLabel"/> also several names separated by commas, each a column of 0 and 1. Null: found.</value>
    public string? Label { get; init; }

    /// <value>True or false when it is known whether the first row of a CSV or TSV file names the columns. Null: found out.</value>
    public bool? HasHeader { get; init; }

    /// <value>True: a file without labels is refused and a row without one is a bad row. False for texts to be predicted.</value>
    public bool RequireLabel { get; init; } = true;

    /// <value>True: a file without a second text column is refused.</value>
    public bool RequirePair { get; init; }

    /// <value>
    /// True: a row may carry any number of labels, given as a JSON list, as a cell separated by <c>|</c>, <c>;</c> or <c>,</c>, or as one
    /// column of 0 and 1 a label.
    /// </value>
    public bool MultiLabel { get; init; }
}
