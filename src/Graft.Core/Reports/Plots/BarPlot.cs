using System.Text.Json.Nodes;
using Graft.Evaluation;

namespace Graft.Reports.Plots;

/// <summary>A bar.</summary>
/// <param name="Name">What it stands for.</param>
/// <param name="Score">The length, from 0 to 1, and its interval.</param>
/// <param name="Muted">True for what the others are compared with: baselines.</param>
internal sealed record Bar(string Name, ScoreInterval Score, bool Muted = false);

/// <summary>Horizontal bars from 0 to 1 with intervals.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Bars">From top to bottom.</param>
internal sealed record BarPlot(string Title, IReadOnlyList<Bar> Bars) : Plot(Title)
{
    private const int RowHeight = 28;
    private const int LongestName = 26;

    internal override string Description => string.Join("; ", Bars.Select(bar => $"{bar.Name} {Format.Percent(bar.Score.Value)}"));

    internal override (int Width, int Height) Size => (560, (RowHeight * Bars.Count) + 44);

    internal override void Draw(Html svg)
    {
        double left = 16 + (6.6 * Math.Min(LongestName, Bars.Max(bar => bar.Name.Length)));
        Frame frame = new(left, 6, 486 - left, RowHeight * Bars.Count, (0, 1), (0, 1));
        foreach (double tick in (double[])[0, 0.25, 0.5, 0.75, 1])
        {
            Frame.Line(svg, "grid", frame.X(tick), frame.Top, frame.X(tick), frame.Bottom);
            svg.Element(
                "text",
                Format.Percent(tick).Replace(".0", "", StringComparison.Ordinal),
                "x",
                Html.Number(frame.X(tick)),
                "y",
                Html.Number(frame.Bottom + 18),
                "text-anchor",
                "middle"
            );
        }

        for (int i = 0; i < Bars.Count; i++) DrawBar(svg, frame, Bars[i], frame.Top + (RowHeight * (i + 0.5)));
    }

    internal override JsonNode? Data() => new JsonArray(Bars.Select(bar =>
    {
        JsonObject value = PlotJson.Interval(bar.Score);
        value.Insert(0, "name", bar.Name);
        return (JsonNode)value;
    }).ToArray());

    private static void DrawBar(Html svg, Frame frame, Bar bar, double middle)
    {
        string name = bar.Name.Length <= LongestName ? bar.Name : bar.Name[..(LongestName - 1)] + "…";
        double value = Math.Clamp(double.IsNaN(bar.Score.Value) ? 0 : bar.Score.Value, 0, 1);
        svg.Open("text", "class", "value", "x", Html.Number(frame.Left - 8), "y", Html.Number(middle + 4), "text-anchor", "end")
            .Text(name)
            .Element("title", bar.Name)
            .Close("text");
        svg.Empty(
            "rect",
            "class",
            bar.Muted ? "muted" : "f1",
            "x",
            Html.Number(frame.Left),
            "y",
            Html.Number(middle - 8),
            "width",
            Html.Number(frame.X(value) - frame.Left),
            "height",
            "16",
            "rx",
            "3"
        );
        if (bar.Score.HasEnds)
        {
            double low = frame.X(Math.Clamp(bar.Score.Low, 0, 1)), high = frame.X(Math.Clamp(bar.Score.High, 0, 1));
            Frame.Line(svg, "interval", low, middle, high, middle);
            Frame.Line(svg, "interval", low, middle - 4, low, middle + 4);
            Frame.Line(svg, "interval", high, middle - 4, high, middle + 4);
        }

        svg.Element(
            "text",
            Format.Percent(bar.Score.Value),
            "class",
            "strong",
            "x",
            "552",
            "y",
            Html.Number(middle + 4),
            "text-anchor",
            "end"
        );
    }
}
