using System.Globalization;

namespace Graft.Data;

/// <summary>A row that could not be used, with where it is and why.</summary>
/// <param name="Path">The file.</param>
/// <param name="Line">Line from 1 (of a Parquet file: the row from 1).</param>
/// <param name="Problem">What was found and what was expected, without the position.</param>
public sealed record BadRow(string Path, long Line, string Problem)
{
    /// <value>The number of the record in its file, from 1; a header is none.</value>
    public long Row { get; init; }

    /// <value>The id, where the file has such a column.</value>
    public string? Id { get; init; }

    /// <value>True where nothing is wrong with the row but that it has no label.</value>
    public bool LacksLabel { get; init; }

    /// <summary><c>train.tsv, line 12: 3 columns where the header has 2</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Path}, line {Line}: {Problem}");
}
