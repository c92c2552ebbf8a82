using System.Globalization;
using System.Text.Json.Nodes;

namespace Graft.Reports.Plots;

/// <summary>Numbers from 0 to 1 for every pair of things, the darker the larger; negative ones count as 0 for the colour.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Names">The things; rows and columns alike.</param>
/// <param name="Values">[row, column].</param>
internal sealed record SimilarityGrid(string Title, IReadOnlyList<string> Names, double[,] Values) : Plot(Title)
{
    private const int Left = 40, Top = 24, LeastWithText = 34;

    internal override string Description => $"{Names.Count} by {Names.Count} numbers";

    internal override (int Width, int Height) Size => (Left + (Names.Count * Cell) + 12, Top + (Names.Count * Cell) + 12);

    private int Cell => Math.Clamp(480 / Names.Count, 12, 64);

    internal override void Draw(Html svg)
    {
        for (int i = 0; i < Names.Count; i++)
        {
            string number = (i + 1).ToString(CultureInfo.InvariantCulture);
            svg.Element("text", number, "x", Html.Number(Left - 8), "y", Html.Number(Top + ((i + 0.5) * Cell) + 4), "text-anchor", "end");
            svg.Element("text", number, "x", Html.Number(Left + ((i + 0.5) * Cell)), "y", Html.Number(Top - 8), "text-anchor", "middle");
            for (int j = 0; j < Names.Count; j++) DrawCell(svg, i, j);
        }
    }

    internal override JsonNode? Data() =>
        new JsonObject
        {
            ["names"] = PlotJson.Texts(Names),
            ["values"] = new JsonArray([
                .. Enumerable
                    .Range(0, Names.Count)
                    .Select(row => (JsonNode)PlotJson.Numbers(Enumerable.Range(0, Names.Count).Select(column => Values[row, column]))),
            ]),
        };

    private void DrawCell(Html svg, int row, int column)
    {
        double value = Values[row, column];
        new GridCell(Left + (column * Cell), Top + (row * Cell), Cell).Draw(
            svg,
            Math.Clamp(value, 0, 1),
            0.05,
            0.90,
            $"{Names[row]} / {Names[column]}: {Format.Number(value)}",
            Cell < LeastWithText ? null : value.ToString("0.00", CultureInfo.InvariantCulture)
        );
    }
}
