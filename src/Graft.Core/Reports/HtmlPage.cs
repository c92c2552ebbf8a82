namespace Graft.Reports;

/// <summary>The page around the sections: head, style, contents.</summary>
internal static class HtmlPage
{
    /// <summary>A whole HTML document that loads nothing.</summary>
    public static string Render(string title, string subtitle, IReadOnlyList<ReportSection> sections)
    {
        Html html = new();
        html.Raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n")
            .Raw(
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"color-scheme\" "
                    + "content=\"light dark\"/>\n"
            )
            .Element("title", title)
            .Raw("\n<style>\n")
            .Raw(PageStyle.Css)
            .Raw("</style>\n</head>\n<body>\n<header>\n")
            .Element("h1", title)
            .Element("p", subtitle, "class", "subtitle");
        if (sections.Count > 1)
            RenderContents(html, sections);
        html.Raw("</header>\n<main>\n");
        for (int i = 0; i < sections.Count; i++)
        {
            html.Open("section", "id", Anchor(i)).Element("h2", sections[i].Title).Raw("\n");
            foreach (ReportBlock block in sections[i].Blocks) block.Render(html);
            html.Close("section");
        }

        return html.Raw("</main>\n</body>\n</html>\n").ToString();
    }

    private static void RenderContents(Html html, IReadOnlyList<ReportSection> sections)
    {
        html.Open("nav", "aria-label", "Contents");
        for (int i = 0; i < sections.Count; i++) html.Element("a", sections[i].Title, "href", "#" + Anchor(i)).Raw("\n");
        html.Close("nav");
    }

    private static string Anchor(int index) => "section-" + (index + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
}
