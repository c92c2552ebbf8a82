using System.Text.Json.Nodes;
using Graft.Evaluation;

namespace Graft.Reports.Plots;

/// <summary>A line through points, optionally with a band around it.</summary>
/// <param name="Name">The name in the legend.</param>
/// <param name="Points">x and y; the band is drawn between Low and High where they are numbers.</param>
internal sealed record LineSeries(string Name, IReadOnlyList<(double X, ScoreInterval Y)> Points)
{
    /// <summary>A line without a band.</summary>
    public static LineSeries Of(string name, IEnumerable<(double X, double Y)> points) =>
        new(name, points.Select(point => (point.X, ScoreInterval.Of(point.Y))).ToArray());
}

/// <summary>A point worth a word: where development loss turned.</summary>
/// <param name="X">Where.</param>
/// <param name="Y">Where.</param>
/// <param name="Text">The word.</param>
internal sealed record PlotMarker(double X, double Y, string Text);

/// <summary>Lines over a common axis.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="XName">The horizontal axis.</param>
/// <param name="YName">The vertical axis.</param>
/// <param name="Series">Up to five lines.</param>
/// <param name="Markers">Points with a word.</param>
/// <param name="LogarithmicX">True for numbers of labels, which are spread over magnitudes; the first line's positions are
/// labelled.</param>
internal sealed record LinePlot(
    string Title,
    string XName,
    string YName,
    IReadOnlyList<LineSeries> Series,
    IReadOnlyList<PlotMarker>? Markers = null,
    bool LogarithmicX = false
) : Plot(Title)
{
    private const int Colors = 5;

    internal override string Description => string.Join("; ", Series.Select(series =>
        $"{series.Name} from {Format.Number(series.Points[0].Y.Value)} to {Format.Number(series.Points[^1].Y.Value)}"));

    internal override (int Width, int Height) Size => (560, 320);

    internal override void Draw(Html svg)
    {
        (double X, ScoreInterval Y)[] points = Series.SelectMany(series => series.Points).ToArray();
        (double Low, double High) range = (points.Min(point => point.X), points.Max(point => point.X));
        if (range.Low == range.High)
            range = (range.Low - 0.5, range.High + 0.5);
        Frame frame = new(
            58,
            44,
            484,
            222,
            range,
            Frame.Padded(points.SelectMany(point => new[] { point.Y.Value, point.Y.Low, point.Y.High })),
            LogarithmicX
        );
        frame.Draw(svg, XName, YName, LogarithmicX ? Spread(Series[0].Points.Select(point => point.X), frame) : null);
        for (int i = 0; i < Series.Count; i++) DrawSeries(svg, frame, Series[i], (i % Colors) + 1);
        DrawLegend(svg, frame);
        foreach (PlotMarker marker in Markers ?? []) DrawMarker(svg, frame, marker);
    }

    internal override JsonNode? Data() =>
        new JsonObject
        {
            ["x"] = XName,
            ["y"] = YName,
            ["series"] = new JsonArray(
                Series
                    .Select(series =>
                        (JsonNode)
                            new JsonObject
                            {
                                ["name"] = series.Name,
                                ["points"] = new JsonArray(
                                    series.Points.Select(point => (JsonNode)PlotJson.Point(point.X, point.Y)).ToArray()
                                ),
                            }
                    )
                    .ToArray()
            ),
            ["markers"] = new JsonArray(
                (Markers ?? [])
                    .Select(marker =>
                        (JsonNode)
                            new JsonObject
                            {
                                ["x"] = PlotJson.Number(marker.X),
                                ["y"] = PlotJson.Number(marker.Y),
                                ["text"] = marker.Text,
                            }
                    )
                    .ToArray()
            ),
        };

    private static void DrawSeries(Html svg, Frame frame, LineSeries series, int color)
    {
        (double X, ScoreInterval Y)[] finite = series.Points.Where(point => double.IsFinite(point.Y.Value)).ToArray();
        (double X, ScoreInterval Y)[] banded = finite.Where(point => point.Y.HasEnds).ToArray();
        string Point(double x, double y) => $"{Html.Number(frame.X(x))},{Html.Number(frame.Y(y))}";
        if (banded.Length > 1)
        {
            IEnumerable<string> outline = banded
                .Select(point => Point(point.X, point.Y.High))
                .Concat(banded.Reverse().Select(point => Point(point.X, point.Y.Low)));
            svg.Empty("polygon", "class", $"band f{color}", "points", string.Join(' ', outline));
        }

        svg.Empty("polyline", "class", $"line s{color}", "points", string.Join(' ', finite.Select(point => Point(point.X, point.Y.Value))));
        if (finite.Length > 40) return;
        foreach ((double x, ScoreInterval y) in finite)
        {
            svg.Open("circle", "class", $"f{color}", "cx", Html.Number(frame.X(x)), "cy", Html.Number(frame.Y(y.Value)), "r", "3")
                .Element("title", $"{series.Name} at {Frame.Label(x)}: {Format.Number(y.Value)}").Close("circle");
        }
    }

    /// <summary>Names in a row above the plot, on the right.</summary>
    private void DrawLegend(Html svg, Frame frame)
    {
        double x = frame.Right;
        for (int i = Series.Count - 1; i >= 0; i--)
        {
            x -= (7 * Series[i].Name.Length) + 30;
            svg.Empty(
                "line",
                "class",
                $"line s{(i % Colors) + 1}",
                "x1",
                Html.Number(x),
                "y1",
                "14",
                "x2",
                Html.Number(x + 18),
                "y2",
                "14"
            );
            svg.Element("text", Series[i].Name, "class", "value", "x", Html.Number(x + 23), "y", "18");
        }
    }

    private static void DrawMarker(Html svg, Frame frame, PlotMarker marker)
    {
        double x = frame.X(marker.X), y = frame.Y(marker.Y);
        bool toTheLeft = x > frame.Left + (0.7 * (frame.Right - frame.Left));
        bool above = y > (frame.Top + frame.Bottom) / 2;
        Frame.Line(svg, "diagonal", x, frame.Top, x, frame.Bottom);
        svg.Empty("circle", "class", "line s2", "cx", Html.Number(x), "cy", Html.Number(y), "r", "6");
        svg.Element(
            "text",
            marker.Text,
            "class",
            "strong",
            "x",
            Html.Number(x + (toTheLeft ? -10 : 10)),
            "y",
            Html.Number(y + (above ? -12 : 20)),
            "text-anchor",
            toTheLeft ? "end" : "start"
        );
    }

    /// <summary>Those of the measured positions that stand far enough apart to be labelled.</summary>
    private static List<double> Spread(IEnumerable<double> positions, Frame frame)
    {
        List<double> ticks = [];
        foreach (double position in positions.Distinct().Order())
        {
            if (ticks.Count == 0 || frame.X(position) - frame.X(ticks[^1]) > 44) ticks.Add(position);
        }

        return ticks;
    }
}
