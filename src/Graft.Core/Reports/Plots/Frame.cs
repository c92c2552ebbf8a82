using System.Globalization;

namespace Graft.Reports.Plots;

/// <summary>The rectangle of a plot between its axes: maps numbers to coordinates and draws grid, ticks and names.</summary>
internal sealed class Frame(
    double left,
    double top,
    double width,
    double height,
    (double Low, double High) x,
    (double Low, double High) y,
    bool logarithmicX = false
)
{
    private const int AimedTicks = 5;

    public double Left => left;

    public double Top => top;

    public double Right => left + width;

    public double Bottom => top + height;

    public double X(double value) =>
        left + (width * (logarithmicX ? Math.Log(value / x.Low) / Math.Log(x.High / x.Low) : (value - x.Low) / (x.High - x.Low)));

    public double Y(double value) => top + height - (height * (value - y.Low) / (y.High - y.Low));

    /// <summary>Grid lines, tick labels and axis names.</summary>
    /// <param name="svg">Where to.</param>
    /// <param name="xName">Below the horizontal axis.</param>
    /// <param name="yName">Above the vertical axis.</param>
    /// <param name="xTicks">Ticks of the horizontal axis; null finds round numbers.</param>
    public void Draw(Html svg, string xName, string yName, IEnumerable<double>? xTicks = null)
    {
        foreach (double tick in Ticks(y.Low, y.High))
        {
            Line(svg, "grid", left, Y(tick), Right, Y(tick));
            svg.Element("text", Label(tick), "x", Html.Number(left - 8), "y", Html.Number(Y(tick) + 4), "text-anchor", "end");
        }

        foreach (double tick in xTicks ?? Ticks(x.Low, x.High))
        {
            Line(svg, "grid", X(tick), top, X(tick), Bottom);
            svg.Element("text", Label(tick), "x", Html.Number(X(tick)), "y", Html.Number(Bottom + 18), "text-anchor", "middle");
        }

        Line(svg, "axis", left, Bottom, Right, Bottom);
        svg.Element("text", xName, "x", Html.Number(Right), "y", Html.Number(Bottom + 36), "text-anchor", "end");
        svg.Element("text", yName, "x", Html.Number(left), "y", Html.Number(top - 10));
    }

    public static void Line(Html svg, string style, double x1, double y1, double x2, double y2) => svg.Empty(
        "line", "class", style, "x1", Html.Number(x1), "y1", Html.Number(y1), "x2", Html.Number(x2), "y2", Html.Number(y2));

    /// <summary>Round numbers that cover a range: steps of 1, 2 or 5 times a power of ten.</summary>
    /// <example>0 … 0.9 → 0, 0.2, 0.4, 0.6, 0.8</example>
    public static IEnumerable<double> Ticks(double low, double high)
    {
        double raw = (high - low) / AimedTicks, power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        double step = power * (raw / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
        for (long i = (long)Math.Ceiling((low / step) - 1e-9); i * step <= high + (step * 1e-9); i++) yield return i * step;
    }

    public static string Label(double value) => Math.Abs(value) >= 1000
        ? value.ToString("#,0", CultureInfo.InvariantCulture)
        : Math.Round(value, 6).ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary>A range a little larger than the values, so that nothing is drawn on the border.</summary>
    public static (double Low, double High) Padded(IEnumerable<double> values)
    {
        double[] finite = values.Where(double.IsFinite).DefaultIfEmpty(0).ToArray();
        double low = finite.Min(), high = finite.Max(), pad = high > low ? 0.05 * (high - low) : Math.Max(Math.Abs(high) * 0.1, 0.1);
        return (low >= 0 ? Math.Max(0, low - pad) : low - pad, high + pad);
    }
}
