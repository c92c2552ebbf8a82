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
    public static Finding? Of(
        string code,
        Severity severity,
        IReadOnlyList<Place> places,
        Func<string, string> summary,
        string advice,
        string one,
        string many
    ) =>
        places.Count == 0
            ? null
            : new Finding(
                code,
                severity,
                summary(string.Create(CultureInfo.InvariantCulture, $"{places.Count:N0} {(places.Count == 1 ? one : many)}")),
                advice,
                places
            );

    /// <summary>Rows the reader could not use, and those that only lack a label.</summary>
    public static IEnumerable<Finding?> BadRows(IEnumerable<BadRow> rows)
    {
        ILookup<bool, Place> places = rows.ToLookup(row => row.LacksLabel, row => new Place(row.Path, row.Line, row.Problem));
        yield return Of(
            "bad-rows",
            Severity.Error,
            [.. places[false]],
            n => $"{n} cannot be used and would be left out",
            "mend or remove them",
            "row",
            "rows"
        );
        yield return Of(
            "missing-labels",
            Severity.Warning,
            [.. places[true]],
            n => $"{n} {(n == "1 row" ? "has" : "have")} no label and would be left out",
            "label or remove them",
            "row",
            "rows"
        );
    }
}
