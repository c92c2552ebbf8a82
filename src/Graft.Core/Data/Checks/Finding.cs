using System.Globalization;

namespace Graft.Data.Checks;

/// <summary>How much a finding matters.</summary>
public enum Severity
{
    /// <summary>Worth knowing; training is sound.</summary>
    Note,

    /// <summary>Scores or the model will suffer.</summary>
    Warning,

    /// <summary>The data is damaged: part of it cannot be used, or would teach something wrong.</summary>
    Error,
}

/// <summary>Where something was found.</summary>
/// <param name="Path">The file.</param>
/// <param name="Line">Line from 1 (Parquet: the row); 0 for the whole file.</param>
/// <param name="Detail">What stands there; may be empty.</param>
public sealed record Place(string Path, long Line, string Detail = "")
{
    /// <summary><c>train.tsv, line 12: "…"</c>.</summary>
    public override string ToString() =>
        Path + (Line > 0 ? string.Create(CultureInfo.InvariantCulture, $", line {Line}") : "") + (Detail.Length > 0 ? ": " + Detail : "");
}

/// <summary>One kind of problem, with every place it was found at and what to do about it.</summary>
/// <param name="Code">A stable name for programs: <c>duplicates</c>, <c>conflicting-labels</c> …</param>
/// <param name="Severity">How much it matters.</param>
/// <param name="Summary">What was found, with its count.</param>
/// <param name="Advice">What to do.</param>
/// <param name="Places">Where, in file order.</param>
public sealed record Finding(string Code, Severity Severity, string Summary, string Advice, IReadOnlyList<Place> Places)
{
    /// <summary>The short form that training prints: the summary and its first place.</summary>
    public string Short => Places.Count == 0 ? Summary : $"{Summary} (first: {Places[0]})";
}

/// <summary>All that was found in the data of a task.</summary>
/// <param name="Findings">By severity, the worst first.</param>
/// <param name="Files">How each file was read.</param>
public sealed record DataReport(IReadOnlyList<Finding> Findings, IReadOnlyList<Interpretation> Files)
{
    /// <summary>True when something is damaged.</summary>
    public bool HasErrors => Findings.Any(finding => finding.Severity == Severity.Error);

    /// <summary>One line a finding, notes left out: what training prints before it starts.</summary>
    public IEnumerable<string> ShortForm => Findings.Where(finding => finding.Severity > Severity.Note).Select(finding => finding.Short);

    internal static DataReport Of(IEnumerable<Finding?> findings, IEnumerable<Interpretation> files) =>
        new(findings.OfType<Finding>().OrderByDescending(finding => finding.Severity).ToArray(), files.ToArray());
}
