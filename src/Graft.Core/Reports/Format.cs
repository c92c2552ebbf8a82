using System.Globalization;
using Graft.Evaluation;

namespace Graft.Reports;

/// <summary>Numbers as people read them; the JSON twin keeps them whole.</summary>
internal static class Format
{
    /// <summary><c>0.8213</c> → <c>82.1 %</c>; an undefined value is a dash.</summary>
    public static string Percent(double share) =>
        double.IsNaN(share) ? "–" : (100 * share).ToString("F1", CultureInfo.InvariantCulture) + " %";

    /// <summary><c>82.1 %</c> with its interval, <c>80.2 – 84.0</c>, in one piece.</summary>
    public static string Percent(ScoreInterval score) => Percent(score.Value) + " (" + Interval(score) + ")";

    /// <summary>The interval alone: <c>80.2 – 84.0</c>.</summary>
    public static string Interval(ScoreInterval score) => !score.HasEnds
        ? "–"
        : string.Create(CultureInfo.InvariantCulture, $"{100 * score.Low:F1} – {100 * score.High:F1}");

    /// <summary>Four significant digits.</summary>
    public static string Number(double value) => double.IsNaN(value) ? "–" : value.ToString("G4", CultureInfo.InvariantCulture);

    /// <summary>With thousands separated.</summary>
    public static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
