using System.Text.Json.Nodes;
using Graft.Data;

namespace Graft.Tasks.TokenClassification;

/// <summary>An entity in a text.</summary>
/// <param name="Type">The type.</param>
/// <param name="Text">The text.</param>
/// <param name="Start">UTF-16 offset of its beginning.</param>
/// <param name="End">The offset after its end.</param>
/// <param name="Score">The mean probability of its words' tags.</param>
public sealed record Entity(string Type, string Text, int Start, int End, double Score);

/// <summary>A tag for each word, and the entities they mark.</summary>
/// <param name="Words">The words.</param>
/// <param name="Tags">The tags.</param>
/// <param name="Probabilities">The tags' probabilities.</param>
/// <param name="Text">The sentence.</param>
/// <param name="Entities">What the tags mark; empty for tags without a scheme.</param>
public sealed record TagsPrediction(
    IReadOnlyList<string> Words,
    IReadOnlyList<string> Tags,
    IReadOnlyList<double> Probabilities,
    string Text,
    IReadOnlyList<Entity> Entities
) : Prediction
{
    /// <inheritdoc/>
    public override string Answer => string.Join(' ', Tags);

    /// <inheritdoc/>
    public override JsonNode? Details => ToJson()["entities"];

    /// <inheritdoc/>
    public override double? Confidence => Probabilities.Count == 0 ? null : Probabilities.Average();

    /// <summary>What the offsets of <see cref="Entities"/> count: <c>utf16</c> units or <c>codepoint</c>s.</summary>
    public string Offsets { get; init; } = "utf16";

    /// <inheritdoc/>
    public override Prediction InCodePoints(string? context) =>
        this with
        {
            Entities =
            [
                .. Entities.Select(entity =>
                    entity with
                    {
                        Start = CodePoints.FromUtf16(Text, entity.Start),
                        End = CodePoints.FromUtf16(Text, entity.End),
                    }
                ),
            ],
            Offsets = "codepoint",
        };

    /// <inheritdoc/>
    public override JsonObject ToJson() => new()
    {
        ["words"] = new JsonArray([.. Words.Select(word => (JsonNode?)word)]),
        ["tags"] = new JsonArray([.. Tags.Select(tag => (JsonNode?)tag)]),
        ["entities"] = new JsonArray([.. Entities.Select(entity => (JsonNode?)new JsonObject
        {
            ["type"] = entity.Type,
            ["text"] = entity.Text,
            ["start"] = entity.Start,
            ["end"] = entity.End,
            ["score"] = Math.Round(entity.Score, 6),
        })]),
        ["offsets"] = Offsets,
    };
}
