using System.Globalization;
using System.Text.Json.Nodes;

namespace Graft.Reports.Plots;

/// <summary>Things as numbered points in a plane.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="XName">The horizontal axis.</param>
/// <param name="YName">The vertical axis.</param>
/// <param name="Points">Where each lies, and its name.</param>
internal sealed record PointMap(string Title, string XName, string YName, IReadOnlyList<(double X, double Y, string Name)> Points)
    : Plot(Title)
{
    internal override string Description =>
        string.Join("; ", Points.Select(point => $"{point.Name} at {Format.Number(point.X)}, {Format.Number(point.Y)}"));

    internal override (int Width, int Height) Size => (520, 380);

    internal override void Draw(Html svg)
    {
        Frame frame = new(58, 30, 440, 296, Around(Points.Select(point => point.X)), Around(Points.Select(point => point.Y)));
        frame.Draw(svg, XName, YName);
        for (int i = 0; i < Points.Count; i++)
        {
            (double x, double y, string name) = Points[i];
            svg.Open("circle", "class", "f1", "cx", Html.Number(frame.X(x)), "cy", Html.Number(frame.Y(y)), "r", "5")
                .Element("title", name)
                .Close("circle");
            svg.Element(
                "text",
                (i + 1).ToString(CultureInfo.InvariantCulture),
                "class",
                "strong",
                "x",
                Html.Number(frame.X(x) + 9),
                "y",
                Html.Number(frame.Y(y) + 4)
            );
        }
    }

    internal override JsonNode? Data() =>
        new JsonArray([
            .. Points.Select(point =>
                (JsonNode)
                    new JsonObject
                    {
                        ["x"] = PlotJson.Number(point.X),
                        ["y"] = PlotJson.Number(point.Y),
                        ["name"] = point.Name,
                    }
            ),
        ]);

    /// <summary>A margin on both sides, whatever the signs.</summary>
    private static (double Low, double High) Around(IEnumerable<double> values)
    {
        double[] all = [.. values];
        double margin = Math.Max(0.1 * (all.Max() - all.Min()), 1e-3);
        return (all.Min() - margin, all.Max() + margin);
    }
}
