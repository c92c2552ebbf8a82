namespace Graft.Reports.Plots;

/// <summary>One square of a grid whose darkness says how large its number is.</summary>
/// <param name="X">The left side, in pixels.</param>
/// <param name="Y">The upper side, in pixels.</param>
/// <param name="Size">The width and height, in pixels.</param>
internal readonly record struct GridCell(double X, double Y, double Size)
{
    private const double MostUnderDarkText = 0.55;

    /// <summary>Draws the square.</summary>
    /// <param name="svg">The picture.</param>
    /// <param name="share">The value that the darkness follows, 0 to 1.</param>
    /// <param name="lightest">The opacity of 0.</param>
    /// <param name="darkest">The opacity of 1.</param>
    /// <param name="title">The text that is shown to whoever points at it.</param>
    /// <param name="text">The text in the square; null where there is no room.</param>
    public void Draw(Html svg, double share, double lightest, double darkest, string title, string? text)
    {
        string size = Html.Number(Size);
        svg.Open(
                "rect",
                "class",
                "cell",
                "x",
                Html.Number(X),
                "y",
                Html.Number(Y),
                "width",
                size,
                "height",
                size,
                "fill-opacity",
                Html.Number(lightest + ((darkest - lightest) * share))
            )
            .Element("title", title)
            .Close("rect");
        if (text is null) return;
        svg.Element(
            "text",
            text,
            "class",
            "strong",
            "x",
            Html.Number(X + (Size / 2)),
            "y",
            Html.Number(Y + (Size / 2) + 4),
            "text-anchor",
            "middle",
            "style",
            share > MostUnderDarkText ? "fill: var(--card)" : ""
        );
    }
}
