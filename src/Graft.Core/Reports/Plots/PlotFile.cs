namespace Graft.Reports.Plots;

/// <summary>
/// A plot as a file of its own, for documents that show images: the page's colours in it, light or dark like the reader's.
/// </summary>
internal static class PlotFile
{
    /// <summary>The SVG document.</summary>
    public static string Svg(Plot plot)
    {
        (int width, int height) = plot.Size;
        Html svg = new();
        svg.Open(
                "svg",
                "xmlns",
                "http://www.w3.org/2000/svg",
                "width",
                Html.Number(width),
                "height",
                Html.Number(height),
                "viewBox",
                $"0 0 {Html.Number(width)} {Html.Number(height)}",
                "role",
                "img",
                "aria-label",
                $"{plot.Title}. {plot.Description}"
            )
            .Raw("\n<style>\n")
            .Raw(PageStyle.Plots)
            .Raw("</style>\n")
            .Empty("rect", "width", Html.Number(width), "height", Html.Number(height), "fill", "var(--card)");
        plot.Draw(svg);
        return svg.Close("svg").ToString();
    }
}
