namespace Graft.Data.Tables;

/// <summary>
/// Records of Prodigy: a text, its label or the options that were accepted, and the annotator's answer, which is accept, reject or ignore.
/// Only accepted ones say what their label says.
/// </summary>
internal static class ProdigyRecords
{
    private const string Accepted = "accept";
    private static readonly string[] s_hashes = ["_input_hash", "_task_hash"];

    /// <summary>The column of answers; −1 where the table is none of Prodigy's.</summary>
    public static int AnswerOf(Table table) =>
        ColumnNames.IndexOf(table.Columns, "answer") is >= 0 and int answer && (HasHash(table) || OptionsOf(table) >= 0) ? answer : -1;

    /// <summary>The column that lists the accepted of several options; −1 for none.</summary>
    public static int OptionsOf(Table table) =>
        ColumnNames.IndexOf(table.Columns, "options") >= 0 && ColumnNames.IndexOf(table.Columns, "answer") >= 0
            ? ColumnNames.IndexOf(table.Columns, Accepted)
            : -1;

    /// <summary>Why a record does not count; null where it was accepted.</summary>
    public static string? Refusal(string? answer) => answer is null or Accepted ? null : $"its answer is \"{answer}\", not \"{Accepted}\"";

    private static bool HasHash(Table table) => Array.Exists(s_hashes, name => ColumnNames.IndexOf(table.Columns, name) >= 0);
}
