using System.Collections;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Graft.Serving.Operation;

/// <summary>
/// OpenTelemetry's exporter of metrics and traces, where it is asked for by an option or by the variables that its specification names
/// (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c> and its kin). Spans hold routes, numbers of texts and of tokens; never texts.
/// </summary>
internal static class Telemetry
{
    private const string Prefix = "OTEL_", Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT", Protocol = "OTEL_EXPORTER_OTLP_PROTOCOL";

    private static readonly string[] s_endpoints =
        [Endpoint, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

    /// <summary>Adds the exporters; does nothing where no collector is named.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="endpoint">The collector's address; null for the variables'.</param>
    public static void Add(WebApplicationBuilder builder, Uri? endpoint)
    {
        Dictionary<string, string?> settings = new(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if (variable.Key is string name && name.StartsWith(Prefix, StringComparison.Ordinal)) settings[name] = variable.Value as string;
        }

        if (endpoint is not null) settings[Endpoint] = endpoint.AbsoluteUri;
        if (!Array.Exists(s_endpoints, name => !string.IsNullOrEmpty(settings.GetValueOrDefault(name)))) return;
        settings.TryAdd(Protocol, "http/protobuf");
        builder.Configuration.AddInMemoryCollection(settings);
        builder
            .Services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("graft").AddEnvironmentVariableDetector())
            .WithMetrics(metrics =>
                metrics
                    .AddMeter(ServingMetrics.Name)
                    .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                    .AddOtlpExporter()
            )
            .WithTracing(traces => traces.AddSource(ServingMetrics.Name).AddAspNetCoreInstrumentation().AddOtlpExporter());
    }
}
