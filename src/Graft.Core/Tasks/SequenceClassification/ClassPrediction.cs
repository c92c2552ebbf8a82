using System.Text.Json.Nodes;

namespace Graft.Tasks.SequenceClassification;

/// <summary>One class, with the probability of each.</summary>
/// <param name="Label">The most probable class.</param>
/// <param name="Class">The number.</param>
/// <param name="Logits">Raw scores, one a class.</param>
/// <param name="Probabilities">The softmax.</param>
/// <param name="Labels">The classes' names.</param>
public sealed record ClassPrediction(string Label, int Class, double[] Logits, double[] Probabilities, IReadOnlyList<string> Labels)
    : Prediction
{
    /// <summary>The decimals of probabilities in files.</summary>
    internal const int Decimals = 6;

    /// <inheritdoc/>
    public override string Answer => Label;

    /// <inheritdoc/>
    public override double? Confidence => Probabilities[Class];

    /// <inheritdoc/>
    public override JsonObject ToJson() => new()
    {
        ["label"] = Label,
        ["probability"] = Math.Round(Probabilities[Class], Decimals),
        ["probabilities"] = NamedNumbers.Of(Labels, Probabilities),
    };
}

/// <summary>Any number of labels, each with its probability.</summary>
/// <param name="Chosen">The labels at or above the threshold.</param>
/// <param name="Flags">For each label whether it is chosen.</param>
/// <param name="Probabilities">For each label.</param>
/// <param name="Labels">The labels' names.</param>
public sealed record LabelsPrediction(IReadOnlyList<string> Chosen, bool[] Flags, double[] Probabilities, IReadOnlyList<string> Labels)
    : Prediction
{
    /// <inheritdoc/>
    public override string Answer => string.Join('|', Chosen);

    /// <inheritdoc/>
    public override JsonNode? Details => ToJson()["probabilities"];

    /// <inheritdoc/>
    public override JsonObject ToJson() => new()
    {
        ["labels"] = new JsonArray([.. Chosen.Select(label => (JsonNode?)label)]),
        ["probabilities"] = NamedNumbers.Of(Labels, Probabilities),
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

/// <summary>Several numbers, each with a name.</summary>
/// <param name="Values">In the order of the model's outputs.</param>
/// <param name="Names">The names.</param>
public sealed record ValuesPrediction(double[] Values, IReadOnlyList<string> Names) : Prediction
{
    /// <inheritdoc/>
    public override string Answer =>
        string.Join(' ', Values.Select(value => value.ToString("0.####", System.Globalization.CultureInfo.InvariantCulture)));

    /// <inheritdoc/>
    public override JsonNode? Details => NamedNumbers.Of(Names, Values);

    /// <inheritdoc/>
    public override JsonObject ToJson() => new() { ["values"] = NamedNumbers.Of(Names, Values) };
}

/// <summary>Numbers by name, also where a model gives one name twice.</summary>
internal static class NamedNumbers
{
    /// <summary>{"name": number}; the second of a name is "name (2)".</summary>
    public static JsonObject Of(IReadOnlyList<string> names, IReadOnlyList<double> values)
    {
        JsonObject numbers = [];
        for (int i = 0; i < names.Count; i++)
        {
            string name = names[i];
            for (int copy = 2; numbers.ContainsKey(name); copy++) name = $"{names[i]} ({copy})";
            numbers[name] = Math.Round(values[i], 6);
        }

        return numbers;
    }
}
