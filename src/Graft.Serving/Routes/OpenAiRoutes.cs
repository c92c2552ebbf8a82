using System.Runtime.InteropServices;
using Graft.Serving.Http;
using Graft.Serving.Models;

namespace Graft.Serving.Routes;

/// <summary>OpenAI's routes: <c>/v1/embeddings</c> and <c>/v1/models</c>.</summary>
internal static class OpenAiRoutes
{
    public static void Map(RouteTable routes)
    {
        routes.Post("/v1/embeddings", ErrorShape.OpenAi, EmbeddingsAsync);
        routes.Get("/v1/models", ErrorShape.OpenAi, ModelsAsync);
        routes.Get("/v1/models/{name}", ErrorShape.OpenAi, ModelAsync);
    }

    private static async Task EmbeddingsAsync(ServingRequest request)
    {
        using EmbeddingModel model = EmbeddingRoutes.Hold(request);
        string[] texts = EmbeddingRoutes.Inputs(request, "input", model.Tokenizer);
        bool base64 = request.Body.OneOf("encoding_format", "float", "base64") == "base64";
        _ = request.Body.OptionalText("user");
        if (request.Body.OptionalInteger("dimensions", 1, int.MaxValue) is int dimensions && dimensions != model.Embedder.Dimensions)
            throw RequestException.Invalid("dimensions", FormattableString.Invariant($"{model.Name} has {model.Embedder.Dimensions}"));
        request.Body.RequireNothingElse();
        Vectors vectors = await Vectors
            .OfAsync(request, model, texts, new Truncation(request.Options.AutoTruncate), null, "input")
            .ConfigureAwait(false);
        await request
            .AnswerAsync(json =>
            {
                json.WriteStartObject();
                json.WriteString("object", "list");
                json.WriteStartArray("data");
                for (int i = 0; i < vectors.Values.Length; i++)
                {
                    json.WriteStartObject();
                    json.WriteString("object", "embedding");
                    json.WriteNumber("index", i);
                    json.WritePropertyName("embedding");
                    if (base64)
                        json.WriteBase64StringValue(MemoryMarshal.AsBytes<float>(vectors.Values[i]));
                    else
                        JsonAnswer.WriteNumbers(json, vectors.Values[i]);
                    json.WriteEndObject();
                }

                json.WriteEndArray();
                json.WriteString("model", model.Name);
                json.WriteStartObject("usage");
                json.WriteNumber("prompt_tokens", vectors.Tokens);
                json.WriteNumber("total_tokens", vectors.Tokens);
                json.WriteEndObject();
                json.WriteEndObject();
            })
            .ConfigureAwait(false);
    }

    private static Task ModelsAsync(ServingRequest request) =>
        request.AnswerAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("object", "list");
            json.WriteStartArray("data");
            foreach (ServedModel model in request.Models.All)
                Write(json, model);
            json.WriteEndArray();
            json.WriteEndObject();
        });

    private static Task ModelAsync(ServingRequest request)
    {
        string? name = request.Context.Request.RouteValues["name"] as string;
        ServedModel model = request.Models.All.FirstOrDefault(model => model.Name == name)
            ?? throw new RequestException(404, RequestFault.NotFound, "there is no model of this name; /v1/models lists them", "model");
        return request.AnswerAsync(json => Write(json, model));
    }

    private static void Write(System.Text.Json.Utf8JsonWriter json, ServedModel model)
    {
        json.WriteStartObject();
        json.WriteString("id", model.Name);
        json.WriteString("object", "model");
        json.WriteNumber("created", model.Opened.ToUnixTimeSeconds());
        json.WriteString("owned_by", "graft");
        json.WriteString("task", model.Task);
        json.WriteEndObject();
    }
}
