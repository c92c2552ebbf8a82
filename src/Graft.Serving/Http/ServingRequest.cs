using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Graft.Serving.Models;
using Graft.Serving.Operation;
using Graft.Serving.Queue;
using Graft.Tasks;
using Microsoft.AspNetCore.Http;

namespace Graft.Serving.Http;

/// <summary>What a route needs to answer a request.</summary>
internal sealed class ServingRequest(HttpContext context, ServingServices services, RequestBody? body)
{
    public HttpContext Context => context;

    /// <summary>The body's fields; of routes without a body nothing may ask.</summary>
    public RequestBody Body => body ?? throw new InvalidOperationException("the route has no body");

    public ServingOptions Options => services.Options;

    public ModelRegistry Models => services.Models;

    public ComputeQueue Queue => services.Queue;

    public PrometheusText Prometheus => services.Prometheus;

    public InspectedModels Inspected => services.Inspected;

    /// <summary>Cancelled when the client is gone.</summary>
    public CancellationToken Aborted => context.RequestAborted;

    /// <summary>The body's <c>model</c>; null where it names none.</summary>
    public string? ModelName => Body.OptionalText("model");

    /// <summary>The scores of features once it is their turn, in a span of its own.</summary>
    public async Task<FeatureScores[]> ScoreAsync(FeatureEngine engine, int lane, IReadOnlyList<Feature> features)
    {
        using Activity? span = ServingMetrics.Traces.StartActivity("graft.score");
        span?.SetTag("graft.features", features.Count).SetTag("graft.tokens", features.Sum(feature => (long)feature.Ids.Length));
        return await Queue.ScoreAsync(engine, lane, features, Aborted).ConfigureAwait(false);
    }

    /// <summary>Tells the client, in a header, that texts were cut: bodies have a shape that is not ours.</summary>
    public void TellTruncated(int texts)
    {
        if (texts == 0) return;
        services.Metrics.Truncated(texts);
        context.Response.Headers["X-Graft-Truncated"] = texts.ToString(CultureInfo.InvariantCulture);
    }

    public Task AnswerAsync(Action<Utf8JsonWriter> write) => JsonAnswer.WriteAsync(context.Response, write);
}

/// <summary>What all routes share.</summary>
internal sealed record ServingServices(
    ServingOptions Options,
    ModelRegistry Models,
    ComputeQueue Queue,
    ServingMetrics Metrics,
    PrometheusText Prometheus,
    ApiKeys Keys,
    InspectedModels Inspected
);
