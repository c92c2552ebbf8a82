using System.Globalization;

namespace Graft.Data.Checks;

/// <summary>Makes a finding of places, or nothing of none.</summary>
internal static class Findings
{
    /// <summary>Null when there is no place.</summary>
    /// <param name="code">The stable name.</param>
    /// <param name="severity">How much it matters.</param>
    /// <param name="places">Where.</param>
    /// <param name="summary">Makes the sentence of a counted noun: <c>3 texts</c>.</param>
    /// <param name="advice">What to do.</param>
    /// <param name="one">The noun for one.</param>
    /// <param name="many">The noun for several.</param>
    public static Finding? Of(string code, Severity severity, IReadOnlyList<Place> places, Func<string, string> summary, string advice, string one, string many) =>
        places.Count == 0 ? null : new Finding(code, severity, summary(string.Create(CultureInfo.InvariantCulture, $"{places.Count:N0} {(places.Count == 1 ? one : many)}")), advice, places);

    /// <summary>Rows the reader could not use.</summary>
    public static Finding? BadRows(IEnumerable<BadRow> rows) => Of("bad-rows", Severity.Error,
        rows.Select(row => new Place(row.Path, row.Line, row.Problem)).ToArray(), n => $"{n} cannot be used and would be left out", "mend or remove them", "row", "rows");
}
