using System.Text.Json.Nodes;

namespace Graft.Reports;

/// <summary>A part of a report under a heading of its own.</summary>
/// <param name="Title">The heading.</param>
/// <param name="Blocks">What it shows, in order.</param>
public sealed record ReportSection(string Title, IReadOnlyList<ReportBlock> Blocks)
{
    internal JsonObject ToJson() => new()
    {
        ["title"] = Title,
        ["blocks"] = new JsonArray(Blocks.Select(block => (JsonNode)block.ToJson()).ToArray()),
    };
}

/// <summary>A piece of a section: text, figures, a table, a plot, marked passages.</summary>
public abstract record ReportBlock
{
    /// <summary>The block's name in the JSON twin.</summary>
    internal abstract string Kind { get; }

    /// <summary>Appends the block's markup.</summary>
    internal abstract void Render(Html html);

    /// <summary>The block's content for programs.</summary>
    internal abstract JsonNode? Data();

    internal JsonObject ToJson() => new() { ["kind"] = Kind, ["data"] = Data() };
}
