using System.Text.Json.Nodes;

namespace Graft.Tasks.SequenceClassification;

/// <summary>One class, with the probability of each.</summary>
/// <param name="Label">The most probable class.</param>
/// <param name="Class">Its number.</param>
/// <param name="Logits">Raw scores, one a class.</param>
/// <param name="Probabilities">Their softmax.</param>
/// <param name="Labels">The classes' names.</param>
public sealed record ClassPrediction(string Label, int Class, double[] Logits, double[] Probabilities, IReadOnlyList<string> Labels) : Prediction
{
    /// <inheritdoc/>
    public override string Answer => Label;

    /// <inheritdoc/>
    public override double? Confidence => Probabilities[Class];

    /// <inheritdoc/>
    public override JsonObject ToJson() => new()
    {
        ["label"] = Label,
        ["probability"] = Math.Round(Probabilities[Class], 6),
        ["probabilities"] = new JsonObject(Labels.Select((name, i) => KeyValuePair.Create(name, (JsonNode?)Math.Round(Probabilities[i], 6)))),
    };
}

/// <summary>Any number of labels, each with its probability.</summary>
/// <param name="Chosen">The labels at or above the threshold.</param>
/// <param name="Flags">For each label whether it is chosen.</param>
/// <param name="Probabilities">For each label.</param>
/// <param name="Labels">The labels' names.</param>
public sealed record LabelsPrediction(IReadOnlyList<string> Chosen, bool[] Flags, double[] Probabilities, IReadOnlyList<string> Labels) : Prediction
{
    /// <inheritdoc/>
    public override string Answer => string.Join('|', Chosen);

    /// <inheritdoc/>
    public override JsonNode? Details => ToJson()["probabilities"];

    /// <inheritdoc/>
    public override JsonObject ToJson() => new()
    {
        ["labels"] = new JsonArray([.. Chosen.Select(label => (JsonNode?)label)]),
        ["probabilities"] = new JsonObject(Labels.Select((name, i) => KeyValuePair.Create(name, (JsonNode?)Math.Round(Probabilities[i], 6)))),
    };
}

/// <summary>A number.</summary>
public sealed record ValuePrediction(double Value) : Prediction
{
    /// <inheritdoc/>
    public override string Answer => Value.ToString("0.####", System.Globalization.CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override JsonObject ToJson() => new() { ["value"] = Math.Round(Value, 6) };
}
