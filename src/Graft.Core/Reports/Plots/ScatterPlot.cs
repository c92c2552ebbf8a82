using System.Text.Json.Nodes;

namespace Graft.Reports.Plots;

/// <summary>Predicted against true numbers; on the diagonal they agree.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Truth">The true numbers.</param>
/// <param name="Predicted">The predicted numbers.</param>
internal sealed record ScatterPlot(string Title, IReadOnlyList<double> Truth, IReadOnlyList<double> Predicted) : Plot(Title)
{
    private const int MostPoints = 2000;

    internal override string Description => $"{Format.Count(Truth.Count)} examples";

    internal override (int Width, int Height) Size => (420, 380);

    internal override void Draw(Html svg)
    {
        (double Low, double High) range = Frame.Padded(Truth.Concat(Predicted));
        Frame frame = new(58, 30, 344, 296, range, range);
        frame.Draw(svg, "true", "predicted");
        Frame.Line(svg, "diagonal", frame.X(range.Low), frame.Y(range.Low), frame.X(range.High), frame.Y(range.High));

        // Every k-th point keeps a page of a large set small; points are drawn translucent so that crowds show.
        int stride = Math.Max(1, (Truth.Count + MostPoints - 1) / MostPoints);
        for (int i = 0; i < Truth.Count; i += stride)
        {
            svg.Empty(
                "circle",
                "class",
                "f1",
                "cx",
                Html.Number(frame.X(Truth[i])),
                "cy",
                Html.Number(frame.Y(Predicted[i])),
                "r",
                "2.6",
                "fill-opacity",
                "0.4"
            );
        }
    }

    internal override JsonNode? Data() =>
        new JsonObject { ["truth"] = PlotJson.Numbers(Truth), ["predicted"] = PlotJson.Numbers(Predicted) };
}
