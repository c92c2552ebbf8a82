using System.Text.Json.Nodes;
using Graft.Evaluation;

namespace Graft.Reports.Plots;

/// <summary>
/// A reliability diagram: how often predictions of some confidence are right; on the diagonal confidence means what it says.
/// </summary>
/// <param name="Title">What it shows.</param>
/// <param name="Bins">The bins, as many as they are wide.</param>
internal sealed record ReliabilityPlot(string Title, IReadOnlyList<CalibrationBin> Bins) : Plot(Title)
{
    internal override string Description =>
        string.Join(
            "; ",
            Bins.Where(bin => bin.Count > 0)
                .Select(bin =>
                    $"at confidence {Format.Percent(bin.Confidence)} {Format.Percent(bin.Accuracy)} of {Format.Count(bin.Count)} are right"
                )
        );

    internal override (int Width, int Height) Size => (420, 380);

    internal override void Draw(Html svg)
    {
        Frame frame = new(58, 30, 344, 296, (0, 1), (0, 1));
        frame.Draw(svg, "confidence", "share right");
        double largest = Math.Max(Bins.Max(bin => bin.Count), 1);
        for (int i = 0; i < Bins.Count; i++)
        {
            if (Bins[i].Count == 0)
                continue;
            double left = frame.X((double)i / Bins.Count),
                width = frame.X((i + 1.0) / Bins.Count) - left;
            svg.Open(
                    "rect",
                    "class",
                    "f1",
                    "x",
                    Html.Number(left + 1),
                    "y",
                    Html.Number(frame.Y(Bins[i].Accuracy)),
                    "width",
                    Html.Number(width - 2),
                    "height",
                    Html.Number(frame.Bottom - frame.Y(Bins[i].Accuracy)),
                    "rx",
                    "2",
                    "fill-opacity",
                    Html.Number(0.25 + (0.7 * Math.Sqrt(Bins[i].Count / largest)))
                )
                .Element(
                    "title",
                    $"{Format.Count(Bins[i].Count)} predictions, mean confidence {Format.Percent(Bins[i].Confidence)}, right "
                        + $"{Format.Percent(Bins[i].Accuracy)}"
                )
                .Close("rect");
            svg.Empty(
                "circle",
                "class",
                "f2",
                "cx",
                Html.Number(frame.X(Bins[i].Confidence)),
                "cy",
                Html.Number(frame.Y(Bins[i].Accuracy)),
                "r",
                "3.5"
            );
        }

        Frame.Line(svg, "diagonal", frame.X(0), frame.Y(0), frame.X(1), frame.Y(1));
    }

    internal override JsonNode? Data() => new JsonArray(Bins.Select(bin => (JsonNode)new JsonObject
    {
        ["count"] = bin.Count,
        ["confidence"] = PlotJson.Number(bin.Confidence),
        ["accuracy"] = PlotJson.Number(bin.Accuracy),
    }).ToArray());
}
