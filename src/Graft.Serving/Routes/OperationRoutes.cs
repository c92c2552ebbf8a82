using System.Reflection;
using Graft.Serving.Http;
using Graft.Serving.Models;
using Microsoft.AspNetCore.Http;

namespace Graft.Serving.Routes;

/// <summary>What runs the server asks: <c>/health</c>, <c>/health/live</c>, <c>/health/ready</c>, <c>/metrics</c>, <c>/info</c>.</summary>
internal static class OperationRoutes
{
    public static void Map(RouteTable routes)
    {
        routes.Get("/health", ErrorShape.TextEmbeddings, ReadyAsync, needsKey: false);
        routes.Get("/health/ready", ErrorShape.TextEmbeddings, ReadyAsync, needsKey: false);
        routes.Get("/health/live", ErrorShape.TextEmbeddings, _ => Task.CompletedTask, needsKey: false);
        routes.Get("/metrics", ErrorShape.TextEmbeddings, MetricsAsync);
        routes.Get("/info", ErrorShape.TextEmbeddings, InfoAsync);
    }

    private static Task ReadyAsync(ServingRequest request) => request.Models.IsReady
        ? Task.CompletedTask
        : throw new RequestException(StatusCodes.Status503ServiceUnavailable, RequestFault.Unhealthy, "unhealthy");

    private static Task MetricsAsync(ServingRequest request)
    {
        request.Context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        return request.Context.Response.WriteAsync(request.Prometheus.ToString(), request.Aborted);
    }

    /// <summary>
    /// Describes the first model, as text-embeddings-inference describes its only one; <c>?model=NAME</c> asks for another.
    /// </summary>
    private static Task InfoAsync(ServingRequest request)
    {
        string? name = request.Context.Request.Query["model"];
        ServedModel model = request.Models.All.FirstOrDefault(model => name is null || model.Name == name)
            ?? throw new RequestException(
                StatusCodes.Status404NotFound,
                RequestFault.NotFound,
                "there is no model of this name; /v1/models lists them",
                "model"
            );
        ServingOptions options = request.Options;
        return request.AnswerAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("model_id", model.Name);
            json.WriteNull("model_sha");
            json.WriteString("model_dtype", "float32");
            json.WriteStartObject("model_type");
            Write(json, model);
            json.WriteEndObject();
            json.WriteNumber("max_concurrent_requests", options.MaxQueuedTokens);
            json.WriteNumber("max_input_length", model.MaxLength);
            json.WriteNumber("max_batch_tokens", options.MaxBatchTokens);
            json.WriteNull("max_batch_requests");
            json.WriteNumber("max_client_batch_size", options.MaxTexts);
            json.WriteBoolean("auto_truncate", options.AutoTruncate);
            json.WriteNumber("tokenization_workers", Environment.ProcessorCount);
            json.WriteString(
                "version",
                typeof(OperationRoutes).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? ""
            );
            json.WriteNull("sha");
            json.WriteNull("docker_label");
            json.WriteEndObject();
        });
    }

    private static void Write(System.Text.Json.Utf8JsonWriter json, ServedModel model)
    {
        switch (model)
        {
            case EmbeddingModel vectors:
                json.WriteStartObject("embedding");
                json.WriteString(
                    "pooling",
                    vectors.Embedder.Poolings.FirstOrDefault().ToString().ToLowerInvariant() switch
                    {
                        "first" => "cls",
                        "last" => "last_token",
                        var other => other,
                    }
                );
                break;
            case PredictingModel { Classifies: true } classifier:
                json.WriteStartObject(classifier.Ranks ? "reranker" : "classifier");
                json.WriteStartObject("id2label");
                for (int i = 0; i < classifier.FineTuned.Labels.Count; i++)
                    json.WriteString(i.ToString(System.Globalization.CultureInfo.InvariantCulture), classifier.FineTuned.Labels[i]);
                json.WriteEndObject();
                json.WriteStartObject("label2id");
                for (int i = 0; i < classifier.FineTuned.Labels.Count; i++) json.WriteNumber(classifier.FineTuned.Labels[i], i);
                json.WriteEndObject();
                break;
            default:
                json.WriteStartObject(model.Task);
                break;
        }

        json.WriteEndObject();
    }
}
