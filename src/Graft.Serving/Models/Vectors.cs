using System.Diagnostics;
using System.Numerics.Tensors;
using Graft.Serving.Http;
using Graft.Serving.Operation;
using Graft.Serving.Queue;
using Graft.Tasks;
using Graft.Tokenizers;

namespace Graft.Serving.Models;

/// <summary>How a request wants its texts cut.</summary>
/// <param name="Allowed">Whether a text that is too long is cut; else it is refused.</param>
/// <param name="Side">Which end is cut.</param>
internal readonly record struct Truncation(bool Allowed, Side Side = Side.Right);

/// <summary>The vectors of a request's texts.</summary>
/// <param name="Values">One a text.</param>
/// <param name="Tokens">Tokens that went through the model.</param>
internal sealed record Vectors(float[][] Values, long Tokens)
{
    /// <summary>Tokenizes texts here, on the request's thread, and has their vectors computed.</summary>
    /// <param name="request">The request.</param>
    /// <param name="model">The model.</param>
    /// <param name="texts">The texts.</param>
    /// <param name="truncation">What is done with texts that are too long.</param>
    /// <param name="promptName">The prompt before each text; null for the model's own.</param>
    /// <param name="field">The field that the texts are from, for messages.</param>
    public static async Task<Vectors> OfAsync(
        ServingRequest request,
        EmbeddingModel model,
        IReadOnlyList<string> texts,
        Truncation truncation,
        string? promptName,
        string field
    )
    {
        (FeatureScores[] scores, long tokens) = await ScoresAsync(
            request,
            model,
            VectorEngine.OfTexts,
            texts,
            truncation,
            promptName,
            field
        ).ConfigureAwait(false);
        return new Vectors([.. scores.Select(score => score.Values)], tokens);
    }

    /// <summary>The same for a lane of the model's engine: vectors of the texts, or of each one's tokens.</summary>
    /// <returns>One entry a text, and the tokens that went through the model.</returns>
    public static async Task<(FeatureScores[] Scores, long Tokens)> ScoresAsync(
        ServingRequest request,
        EmbeddingModel model,
        int lane,
        IReadOnlyList<string> texts,
        Truncation truncation,
        string? promptName,
        string field
    )
    {
        Feature[] features = Encoded(model, texts, truncation, promptName, field, out int cut);
        FeatureScores[] scores = await request.ScoreAsync(model.Engine, lane, features).ConfigureAwait(false);
        request.TellTruncated(cut);
        return (scores, features.Sum(feature => (long)feature.Ids.Length));
    }

    /// <summary>The same vectors with length 1.</summary>
    public Vectors Normalized() => this with { Values = [.. Values.Select(Unit)] };

    private static Feature[] Encoded(
        EmbeddingModel model,
        IReadOnlyList<string> texts,
        Truncation truncation,
        string? promptName,
        string field,
        out int cut
    )
    {
        using Activity? span = ServingMetrics.Traces.StartActivity("graft.tokenize");
        span?.SetTag("graft.texts", texts.Count);
        Feature[] features = new Feature[texts.Count];
        cut = 0;
        for (int i = 0; i < features.Length; i++)
        {
            features[i] = model.Embedder.Encode(texts[i], out int whole, promptName, truncation.Side);
            if (whole <= model.MaxLength) continue;
            if (!truncation.Allowed)
                throw RequestException.TooLarge(
                    FormattableString.Invariant(
                        $"text {i} has {whole} tokens; {model.Name} reads {model.MaxLength} (`truncate` cuts longer ones)"
                    ),
                    field
                );
            cut++;
        }

        return features;
    }

    private static float[] Unit(float[] vector)
    {
        float[] unit = new float[vector.Length];
        TensorPrimitives.Divide(vector, Math.Max(TensorPrimitives.Norm<float>(vector), 1e-12f), unit);
        return unit;
    }
}
