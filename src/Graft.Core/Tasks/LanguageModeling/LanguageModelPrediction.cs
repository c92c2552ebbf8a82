using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Evaluation;

namespace Graft.Tasks.LanguageModeling;

/// <summary>How well a model predicts a text.</summary>
/// <param name="NegativeLogLikelihood">The sum over predicted tokens, in nats.</param>
/// <param name="Tokens">The number of predicted tokens: all but the first, which nothing precedes.</param>
/// <param name="Utf8Bytes">The size of the text.</param>
public sealed record LanguageModelPrediction(double NegativeLogLikelihood, int Tokens, int Utf8Bytes) : Prediction
{
    /// <summary>The mean a token, and what follows from it.</summary>
    internal LanguageModelScores Scores => LanguageModelScores.Of(NegativeLogLikelihood, Tokens, Utf8Bytes);

    /// <inheritdoc/>
    public override string Answer => Scores.Perplexity.ToString("0.####", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override JsonObject ToJson() => new()
    {
        ["perplexity"] = double.IsFinite(Scores.Perplexity) ? Math.Round(Scores.Perplexity, 6) : null,
        ["loss"] = double.IsFinite(Scores.Loss) ? Math.Round(Scores.Loss, 6) : null,
        ["tokens"] = Tokens,
    };
}
