using System.Text.Json.Nodes;

namespace Graft.Tasks.TextToText;

/// <summary>A text that a model wrote.</summary>
/// <param name="Text">The text, special tokens left out.</param>
/// <param name="Tokens">The ids, an end token included.</param>
/// <param name="ExpectedLogProbability">The log probability of the expected text; null where none was given.</param>
/// <param name="ExpectedTokens">The length in tokens.</param>
public sealed record TextPrediction(string Text, IReadOnlyList<int> Tokens, double? ExpectedLogProbability = null, int ExpectedTokens = 0)
    : Prediction
{
    /// <inheritdoc/>
    public override string Answer => Text;

    /// <inheritdoc/>
    public override JsonObject ToJson() => new() { ["generated"] = Text, ["tokens"] = Tokens.Count };
}
