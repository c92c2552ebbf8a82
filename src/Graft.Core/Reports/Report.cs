using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Graft.Reports;

/// <summary>
/// A report of a run: one self-contained HTML file without scripts, readable in light and dark, on screen and on paper, and a JSON document
/// with the same content for programs.
/// </summary>
/// <param name="title">The heading.</param>
/// <param name="subtitle">One line below it: what was trained on what.</param>
public sealed class Report(string title, string subtitle)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
    private readonly List<ReportSection> _sections = [];

    /// <summary>The heading.</summary>
    public string Title => title;

    /// <summary>The sections, in order.</summary>
    public IReadOnlyList<ReportSection> Sections => _sections;

    /// <summary>Adds a section; null adds nothing, so that a section can be left out where there is nothing to say.</summary>
    /// <returns>This report.</returns>
    public Report Add(ReportSection? section)
    {
        if (section is not null) _sections.Add(section);
        return this;
    }

    /// <summary>The page.</summary>
    public string ToHtml() => HtmlPage.Render(title, subtitle, _sections);

    /// <summary>The same content for programs: title, subtitle, and each section's blocks with their kind and data.</summary>
    public JsonObject ToJson() => new()
    {
        ["title"] = title,
        ["subtitle"] = subtitle,
        ["sections"] = new JsonArray(_sections.Select(section => (JsonNode)section.ToJson()).ToArray()),
    };

    /// <summary>Writes the page, and its twin beside it: <c>report.html</c> and <c>report.json</c>.</summary>
    /// <exception cref="RunFailedException">The folder is not writable or the disk is full.</exception>
    public void Write(string htmlPath)
    {
        AtomicFile.WriteText(htmlPath, ToHtml());
        AtomicFile.WriteText(Path.ChangeExtension(htmlPath, ".json"), ToJson().ToJsonString(s_json) + "\n");
    }
}
