using System.Text.Json.Nodes;

namespace Graft.Reports.Plots;

/// <summary>A drawing of numbers, as SVG inside the page.</summary>
/// <param name="Title">What it shows; also its name for screen readers.</param>
internal abstract record Plot(string Title)
{
    /// <summary>What can be read off it, for those who do not see it.</summary>
    internal abstract string Description { get; }

    /// <summary>Width and height of the drawing's own coordinates.</summary>
    internal abstract (int Width, int Height) Size { get; }

    /// <summary>Appends the drawing.</summary>
    internal abstract void Draw(Html svg);

    /// <summary>The numbers drawn.</summary>
    internal abstract JsonNode? Data();
}

/// <summary>One plot, or several side by side.</summary>
/// <param name="Plots">The plots.</param>
internal sealed record PlotBlock(params IReadOnlyList<Plot> Plots) : ReportBlock
{
    internal override string Kind => "plots";

    internal override void Render(Html html)
    {
        html.Open("div", "class", "plots");
        foreach (Plot plot in Plots)
        {
            html.Open("figure", "class", "plot").Element("figcaption", plot.Title).Raw("\n");
            html.Open(
                "svg",
                "width",
                Html.Number(plot.Size.Width),
                "height",
                Html.Number(plot.Size.Height),
                "viewBox",
                $"0 0 {Html.Number(plot.Size.Width)} {Html.Number(plot.Size.Height)}",
                "role",
                "img",
                "aria-label",
                $"{plot.Title}. {plot.Description}"
            );
            plot.Draw(html);
            html.Close("svg").Close("figure");
        }

        html.Close("div");
    }

    internal override JsonNode? Data() =>
        new JsonArray(Plots.Select(plot => (JsonNode)new JsonObject { ["title"] = plot.Title, ["data"] = plot.Data() }).ToArray());
}
