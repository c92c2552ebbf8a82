using System.Text.Json.Nodes;

namespace Graft.Tasks.TextToText;

/// <summary>A text that a model wrote.</summary>
/// <param name="Text">The text, special tokens left out.</param>
/// <param name="Tokens">Its ids, an end token included.</param>
/// <param name="MeanLogProbability">The mean log probability of a token of the expected text; null where none was given.</param>
public sealed record TextPrediction(string Text, IReadOnlyList<int> Tokens, double? MeanLogProbability = null) : Prediction
{
    /// <inheritdoc/>
    public override string Answer => Text;

    /// <inheritdoc/>
    public override JsonObject ToJson() => new() { ["generated"] = Text, ["tokens"] = Tokens.Count };
}
