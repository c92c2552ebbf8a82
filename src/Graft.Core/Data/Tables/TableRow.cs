namespace Graft.Data.Tables;

/// <summary>One record of a table file.</summary>
/// <param name="Line">The line it starts at, from 1 (of a Parquet file: the row).</param>
/// <param name="Cells">Values by column; null where the file has none.</param>
/// <param name="Problem">Why the record cannot be used; null when it is sound.</param>
/// <param name="File">The file that the line is counted in; null for the table's own.</param>
internal readonly record struct TableRow(long Line, string?[] Cells, string? Problem = null, string? File = null);
