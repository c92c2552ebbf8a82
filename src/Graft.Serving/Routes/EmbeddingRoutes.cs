using System.Text.Json;
using Graft.Inference;
using Graft.Serving.Http;
using Graft.Serving.Models;
using Graft.Serving.Queue;
using Graft.Tasks;
using Graft.Tokenizers;

namespace Graft.Serving.Routes;

/// <summary>text-embeddings-inference's routes for vectors: <c>/embed</c>, <c>/embed_all</c>, <c>/similarity</c>.</summary>
internal static class EmbeddingRoutes
{
    public static void Map(RouteTable routes)
    {
        routes.Post("/embed", ErrorShape.TextEmbeddings, EmbedAsync);
        routes.Post("/embed_all", ErrorShape.TextEmbeddings, EmbedAllAsync);
        routes.Post("/similarity", ErrorShape.TextEmbeddings, SimilarityAsync);
    }

    /// <summary>The model of vectors that a request means; held.</summary>
    public static EmbeddingModel Hold(ServingRequest request) =>
        request.Models.Hold<EmbeddingModel>(request.ModelName, _ => true, "a model of vectors");

    /// <summary>
    /// The texts of a field: a text, a list of texts, token ids or lists of token ids, which stand for the text they decode to.
    /// </summary>
    public static string[] Inputs(ServingRequest request, string field, Tokenizer tokenizer)
    {
        JsonElement value = request.Body.Required(field);
        if (value.ValueKind != JsonValueKind.Array)
            return [RequestBody.TextOf(value, field)];
        if (value.GetArrayLength() > 0 && value[0].ValueKind == JsonValueKind.Number)
            return [TokenRoutes.Decoded(value, field, tokenizer, request.Options.MaxTextTokens)];
        RequestBody.RequireCount(value, field, request.Options.MaxTexts);
        return [.. value.EnumerateArray().Select((item, i) => item.ValueKind == JsonValueKind.Array
            ? TokenRoutes.Decoded(item, $"{field}[{i}]", tokenizer, request.Options.MaxTextTokens)
            : RequestBody.TextOf(item, $"{field}[{i}]"))];
    }

    /// <summary>The fields <c>truncate</c> and <c>truncation_direction</c>.</summary>
    public static Truncation TruncationOf(RequestBody body, ServingOptions options) =>
        new(
            body.Flag("truncate", options.AutoTruncate),
            body.OneOf("truncation_direction", "Right", "Left") == "Left" ? Side.Left : Side.Right
        );

    private static async Task EmbedAsync(ServingRequest request)
    {
        using EmbeddingModel model = Hold(request);
        string[] texts = Inputs(request, "inputs", model.Tokenizer);
        bool normalize = request.Body.Flag("normalize", true);
        string? prompt = request.Body.OptionalText("prompt_name");
        Truncation truncation = TruncationOf(request.Body, request.Options);
        if (request.Body.OptionalInteger("dimensions", 1, int.MaxValue) is int dimensions && dimensions != model.Embedder.Dimensions)
            throw RequestException.Invalid("dimensions", FormattableString.Invariant($"{model.Name} has {model.Embedder.Dimensions}"));
        request.Body.RequireNothingElse();
        if (!normalize && model.Embedder.Normalizes)
            throw RequestException.Invalid(
                "normalize",
                $"{model.Name} brings vectors to length 1 by its own files; false is not to be had"
            );
        Vectors vectors = await Vectors.OfAsync(request, model, texts, truncation, prompt, "inputs").ConfigureAwait(false);
        if (normalize && !model.Embedder.Normalizes) vectors = vectors.Normalized();
        await request.AnswerAsync(json =>
        {
            json.WriteStartArray();
            foreach (float[] vector in vectors.Values) JsonAnswer.WriteNumbers(json, vector);
            json.WriteEndArray();
        }).ConfigureAwait(false);
    }

    /// <summary>The vectors of every token, special ones included, as the last layer leaves them.</summary>
    private static async Task EmbedAllAsync(ServingRequest request)
    {
        using EmbeddingModel model = Hold(request);
        string[] texts = Inputs(request, "inputs", model.Tokenizer);
        string? prompt = request.Body.OptionalText("prompt_name");
        Truncation truncation = TruncationOf(request.Body, request.Options);
        request.Body.RequireNothingElse();
        if (!model.Embedder.Scorer.HasTokenStates)
            throw RequestException.NotServed($"{model.Name} has vectors of texts, and none of their tokens: POST /embed");
        (FeatureScores[] scores, _) = await Vectors
            .ScoresAsync(request, model, VectorEngine.OfTokens, texts, truncation, prompt, "inputs")
            .ConfigureAwait(false);
        await JsonAnswer.WriteListAsync(request.Context.Response, scores.Length, (json, i) =>
        {
            json.WriteStartArray();
            for (int at = 0; at < scores[i].Values.Length; at += scores[i].Columns)
                JsonAnswer.WriteNumbers(json, scores[i].Values.AsSpan(at, scores[i].Columns));
            json.WriteEndArray();
        }).ConfigureAwait(false);
    }

    private static async Task SimilarityAsync(ServingRequest request)
    {
        using EmbeddingModel model = Hold(request);
        RequestBody inputs = request.Body.OptionalObject("inputs") ?? throw RequestException.Invalid("inputs", "is missing");
        string source = inputs.Text("source_sentence");
        string[] sentences = inputs.Texts("sentences", request.Options.MaxTexts);
        inputs.RequireNothingElse();
        Truncation truncation = new(request.Options.AutoTruncate);
        string? prompt = null;
        if (request.Body.OptionalObject("parameters") is { } parameters)
        {
            truncation = TruncationOf(parameters, request.Options);
            prompt = parameters.OptionalText("prompt_name");
            parameters.RequireNothingElse();
        }

        request.Body.RequireNothingElse();
        Vectors vectors = await Vectors.OfAsync(request, model, [source, .. sentences], truncation, prompt, "inputs").ConfigureAwait(false);
        await request.AnswerAsync(json =>
        {
            json.WriteStartArray();
            foreach (float[] vector in vectors.Values.AsSpan(1)) json.WriteNumberValue((float)Embedder.Cosine(vectors.Values[0], vector));
            json.WriteEndArray();
        }).ConfigureAwait(false);
    }
}
