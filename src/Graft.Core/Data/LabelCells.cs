using System.Text.Json;

namespace Graft.Data;

/// <summary>Reads several labels from one cell.</summary>
internal static class LabelCells
{
    private static readonly char[] s_separators = ['|', ';', ','];

    /// <summary>The labels of a cell: a JSON list, or names separated by the first of <c>|</c>, <c>;</c>, <c>,</c> that occurs.</summary>
    /// <example><c>["joy", "hope"]</c> and <c>joy|hope</c> → joy, hope; an empty cell → none.</example>
    public static string[] Split(string cell)
    {
        if (cell.StartsWith('[') && TryJsonList(cell) is { } list) return list;
        char separator = s_separators.FirstOrDefault(candidate => cell.Contains(candidate, StringComparison.Ordinal), '|');
        return cell.Split(separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>The elements of a JSON list as text; null when the cell is none.</summary>
    public static string[]? TryJsonList(string cell)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(cell);
            if (document.RootElement.ValueKind != JsonValueKind.Array) return null;
            return document.RootElement.EnumerateArray().Select(item => item.ToString()).ToArray();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
