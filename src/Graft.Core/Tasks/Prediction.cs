using System.Text.Json.Nodes;

namespace Graft.Tasks;

/// <summary>What a model says about an example.</summary>
public abstract record Prediction
{
    /// <summary>The line of predictions.jsonl and of <c>graft predict</c>.</summary>
    public abstract JsonObject ToJson();

    /// <summary>The answer as one word or number, for tables.</summary>
    public abstract string Answer { get; }

    /// <summary>
    /// What the answer leaves out, as JSON for a table's cell: entities, candidates, probabilities; null where there is nothing more.
    /// </summary>
    public virtual JsonNode? Details => null;

    /// <summary>The same with offsets in code points instead of UTF-16 units; the same prediction where it has none.</summary>
    /// <param name="context">The text that the offsets are of, where the prediction does not hold it.</param>
    public virtual Prediction InCodePoints(string? context) => this;

    /// <summary>How sure the model is, in [0, 1]; null where there is no such number.</summary>
    public virtual double? Confidence => null;

    /// <summary>
    /// Whether the model is less sure than its run asks of an answer (<see cref="Decisions.Abstain"/>); null where the run asks nothing.
    /// </summary>
    public bool? IsUnsure { get; init; }

    /// <summary>Whether the text is unlike what the model was trained on; null where the run does not know.</summary>
    public bool? IsUnfamiliar { get; init; }

    /// <summary><see cref="ToJson"/> with <c>unsure</c> and <c>unfamiliar</c>, where the run knows of them.</summary>
    public JsonObject ToMarkedJson()
    {
        JsonObject json = ToJson();
        if (IsUnsure is bool unsure) json["unsure"] = unsure;
        if (IsUnfamiliar is bool unfamiliar) json["unfamiliar"] = unfamiliar;
        return json;
    }
}
