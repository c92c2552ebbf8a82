using Graft;
using Graft.Serving;
using Graft.Serving.Http;
using Graft.Serving.Models;
using Graft.Serving.Operation;
using Graft.Serving.Queue;
using Graft.Serving.Routes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Graft's models behind the routes of an ASP.NET Core application.</summary>
public static class GraftServing
{
    /// <summary>
    /// Registers what is served. The models are opened and warmed up before the application accepts connections, and released after its
    /// last request.
    /// <code>
    /// builder.Services.AddGraftServing(new ServingOptions { Models = [new ModelSource("reviews", "runs/reviews")] });
    /// WebApplication app = builder.Build();
    /// app.MapGraft();
    /// </code>
    /// </summary>
    /// <param name="services">Where.</param>
    /// <param name="options">The models and the limits.</param>
    /// <exception cref="InputException">An option is impossible.</exception>
    public static IServiceCollection AddGraftServing(this IServiceCollection services, ServingOptions options)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        services.AddRouting();
        services.AddSingleton(options);
        services.TryAddSingleton<ServingMetrics>();
        services.TryAddSingleton<PrometheusText>();
        services.TryAddSingleton<ApiKeys>();
        services.TryAddSingleton<InspectedModels>();
        services.TryAddSingleton<ComputeQueue>();
        services.TryAddSingleton<ModelRegistry>();
        services.TryAddSingleton<ServingServices>();
        services.AddHostedService(provider => provider.GetRequiredService<ModelRegistry>());
        return services;
    }

    /// <summary>
    /// Adds the routes: OpenAI's <c>/v1/embeddings</c> and <c>/v1/models</c>; text-embeddings-inference's <c>/embed</c>,
    /// <c>/embed_all</c>, <c>/predict</c>, <c>/rerank</c>, <c>/similarity</c>, <c>/tokenize</c>, <c>/decode</c>, <c>/info</c>,
    /// <c>/health</c> and <c>/metrics</c>; and those under <c>/v1/graft/</c>.
    /// </summary>
    /// <param name="endpoints">The application, or a group of its routes.</param>
    /// <exception cref="InvalidOperationException"><see cref="AddGraftServing"/> was not called.</exception>
    public static IEndpointRouteBuilder MapGraft(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        RouteTable routes = new(endpoints);
        OpenAiRoutes.Map(routes);
        EmbeddingRoutes.Map(routes);
        ClassificationRoutes.Map(routes);
        TokenRoutes.Map(routes);
        GraftRoutes.Map(routes);
        WritingRoutes.Map(routes);
        InsightRoutes.Map(routes);
        DescriptionRoutes.Map(routes);
        OperationRoutes.Map(routes);
        return endpoints;
    }
}
