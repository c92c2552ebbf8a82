using System.Globalization;
using System.Text.Json.Nodes;

namespace Graft.Tasks.Embedding;

/// <summary>The vector of a text.</summary>
/// <param name="Vector">[D].</param>
public sealed record EmbeddingPrediction(float[] Vector) : Prediction
{
    /// <inheritdoc/>
    public override string Answer =>
        "[" + string.Join(',', Vector.Select(value => value.ToString("R", CultureInfo.InvariantCulture))) + "]";

    /// <inheritdoc/>
    public override JsonObject ToJson() => new() { ["embedding"] = new JsonArray([.. Vector.Select(value => (JsonNode?)value)]) };
}

/// <summary>How similar two texts are.</summary>
/// <param name="Similarity">The cosine of their vectors, −1 … 1.</param>
/// <param name="First">The first text's vector.</param>
/// <param name="Second">The second text's.</param>
/// <param name="NegativeSimilarity">The cosine, of triplets, with the text that does not belong.</param>
public sealed record SimilarityPrediction(double Similarity, float[] First, float[] Second, double? NegativeSimilarity = null) : Prediction
{
    /// <inheritdoc/>
    public override string Answer => Similarity.ToString("0.######", CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override JsonObject ToJson()
    {
        JsonObject json = new() { ["similarity"] = Math.Round(Similarity, 6) };
        if (NegativeSimilarity is double negative) json["negative_similarity"] = Math.Round(negative, 6);
        return json;
    }
}
