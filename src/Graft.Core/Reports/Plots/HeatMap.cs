using System.Text.Json.Nodes;
using Graft.Evaluation;

namespace Graft.Reports.Plots;

/// <summary>A confusion matrix: rows are the truth, columns the prediction, a cell the darker the larger its share of the row.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Labels">The classes' names.</param>
/// <param name="Confusion">The counts.</param>
internal sealed record HeatMap(string Title, IReadOnlyList<string> Labels, ConfusionMatrix Confusion) : Plot(Title)
{
    private const int MostNamed = 30;
    private const int MostCounted = 14;
    private const int LongestName = 18;

    internal override string Description =>
        $"{Labels.Count} classes, {Format.Count(Confusion.Right)} of {Format.Count(Confusion.Total)} right; rows are the truth, "
            + $"columns the prediction";

    internal override (int Width, int Height) Size => ((int)(Left + Side + 12), (int)(Top + Side + 8));

    private double Side => Labels.Count <= 3 ? 240 : Labels.Count <= MostNamed ? Math.Clamp(44 * Labels.Count, 300, 560) : 560;

    private double Cell => Side / Labels.Count;

    private bool IsNamed => Labels.Count <= MostNamed;

    private double NameLength => IsNamed ? 6.8 * Math.Min(LongestName, Labels.Max(label => label.Length)) : 0;

    private double Left => 34 + NameLength;

    private bool SlantsNames => Labels.Count > 3 || NameLength > Cell - 6;

    private double Top => 34 + (SlantsNames ? 0.72 * NameLength : IsNamed ? 14 : 0);

    internal override void Draw(Html svg)
    {
        svg.Element("text", "predicted →", "x", Html.Number(Left), "y", "14");
        svg.Element("text", "true →", "x", "0", "y", "0", "transform", $"translate(14 {Html.Number(Top + Side)}) rotate(-90)");
        for (int i = 0; i < Labels.Count && IsNamed; i++) DrawNames(svg, i);
        for (int truth = 0; truth < Labels.Count; truth++)
        {
            for (int predicted = 0; predicted < Labels.Count; predicted++) DrawCell(svg, truth, predicted);
        }

        svg.Empty(
            "rect",
            "class",
            "axis",
            "fill",
            "none",
            "x",
            Html.Number(Left),
            "y",
            Html.Number(Top),
            "width",
            Html.Number(Side),
            "height",
            Html.Number(Side)
        );
    }

    internal override JsonNode? Data() =>
        new JsonObject
        {
            ["labels"] = PlotJson.Texts(Labels),
            ["counts"] = new JsonArray(
                Enumerable
                    .Range(0, Labels.Count)
                    .Select(truth =>
                        (JsonNode)
                            PlotJson.Numbers(Enumerable.Range(0, Labels.Count).Select(predicted => (double)Confusion[truth, predicted]))
                    )
                    .ToArray()
            ),
        };

    private void DrawNames(Html svg, int i)
    {
        string name = Labels[i].Length <= LongestName ? Labels[i] : Labels[i][..(LongestName - 1)] + "…";
        double middle = (i + 0.5) * Cell;
        svg.Element("text", name, "class", "value", "x", Html.Number(Left - 8), "y", Html.Number(Top + middle + 4), "text-anchor", "end");
        if (SlantsNames)
            svg.Element(
                "text",
                name,
                "class",
                "value",
                "transform",
                $"translate({Html.Number(Left + middle)} {Html.Number(Top - 8)}) rotate(-45)"
            );
        else
            svg.Element(
                "text",
                name,
                "class",
                "value",
                "x",
                Html.Number(Left + middle),
                "y",
                Html.Number(Top - 8),
                "text-anchor",
                "middle"
            );
    }

    private void DrawCell(Html svg, int truth, int predicted)
    {
        long count = Confusion[truth, predicted];
        if (count == 0)
            return;
        double share = (double)count / Confusion.Support(truth);
        new GridCell(Left + (predicted * Cell), Top + (truth * Cell), Cell).Draw(
            svg,
            share,
            0.08,
            0.90,
            $"true {Labels[truth]}, predicted {Labels[predicted]}: {Format.Count(count)} ({Format.Percent(share)})",
            Labels.Count > MostCounted ? null : Format.Count(count)
        );
    }
}
