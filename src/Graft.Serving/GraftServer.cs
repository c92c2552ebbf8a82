using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Graft.Serving.Http;
using Graft.Serving.Operation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Graft.Serving;

/// <summary>Where a server listens, and what it takes of a connection.</summary>
public sealed record ServerOptions
{
    /// <summary>The address.</summary>
    /// <value>127.0.0.1: this machine only; 0.0.0.0 or [::] for all.</value>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port; 0 for one that is free.</summary>
    /// <value>3000</value>
    public int Port { get; init; } = 3000;

    /// <summary>A certificate in PEM: the server then speaks TLS only.</summary>
    public string? Certificate { get; init; }

    /// <summary>The certificate's private key in PEM.</summary>
    /// <value>Null where it is in the certificate's file.</value>
    public string? CertificateKey { get; init; }

    /// <summary>The most connections at once.</summary>
    /// <value>1,024</value>
    public int MaxConnections { get; init; } = 1024;

    /// <summary>Whether log lines are JSON objects, for machines.</summary>
    public bool JsonLogs { get; init; }

    /// <summary>An OpenTelemetry collector that metrics and traces are sent to, by OTLP.</summary>
    /// <value>
    /// Null for the one that the environment names (OTEL_EXPORTER_OTLP_ENDPOINT); where it names none, nothing is sent anywhere.
    /// </value>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary>How long requests that are here may take when the server ends.</summary>
    /// <value>30 seconds</value>
    public TimeSpan DrainTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Refuses impossible options.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        if (Port is < 0 or > IPEndPoint.MaxPort)
            throw new InputException("port", Port.ToString(CultureInfo.InvariantCulture), "from 0 to 65535");
        if (MaxConnections < 1)
            throw new InputException("max-connections", MaxConnections.ToString(CultureInfo.InvariantCulture), "at least 1");
        if (Host != "localhost" && !IPAddress.TryParse(Host, out _))
            throw new InputException("host", Host, "an IP address or localhost");
        if (Certificate is null && CertificateKey is not null)
            throw new InputException("`tls-key` needs `tls-certificate`");
        if (OtlpEndpoint is { } collector && (!collector.IsAbsoluteUri || collector.Scheme is not ("http" or "https")))
            throw new InputException("otlp-endpoint", collector.OriginalString, "an address such as http://localhost:4318");
    }
}

/// <summary>A web application with Graft's limits and logs: what <c>graft serve</c> and <c>graft label</c> run.</summary>
public static class GraftServer
{
    private const int MaxHeaderBytes = 16 << 10;

    /// <summary>A builder that listens where the options say. Add services and build; then map routes.</summary>
    /// <exception cref="InputException">An option is impossible, or the certificate cannot be read.</exception>
    public static WebApplicationBuilder CreateBuilder(ServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        X509Certificate2? certificate = options.Certificate is null ? null : ReadCertificate(options.Certificate, options.CertificateKey);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { Args = [], EnvironmentName = Environments.Production }
        );
        // nothing but the options decides: no ASPNETCORE_URLS, no appsettings.json of the current folder
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        if (options.JsonLogs)
            builder.Logging.AddJsonConsole(json => json.UseUtcTimestamp = true);
        else
            builder.Logging.AddSimpleConsole(line => line.SingleLine = true);
        builder.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console =>
            console.LogToStandardErrorThreshold = LogLevel.Trace
        );
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        Telemetry.Add(builder, options.OtlpEndpoint);
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.DrainTime);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            void Listen(ListenOptions listen)
            {
                if (certificate is not null) listen.UseHttps(certificate);
            }

            if (options.Host == "localhost" && options.Port != 0) kestrel.ListenLocalhost(options.Port, Listen);
            else kestrel.Listen(options.Host == "localhost" ? IPAddress.Loopback : IPAddress.Parse(options.Host), options.Port, Listen);
        });
        return builder;
    }

    /// <summary>
    /// Adds what every request gets: an id, headers that keep browsers from guessing, an answer in JSON where there is no route. Call it
    /// before routes are mapped.
    /// </summary>
    public static WebApplication UseGraft(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        app.Use(
            async (context, next) =>
            {
                if (
                    context.Request.Headers["X-Request-Id"].ToString() is { Length: > 0 and <= 128 } id
                    && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':')
                )
                    context.TraceIdentifier = id;
                context.Response.OnStarting(() =>
                {
                    context.Response.Headers["X-Request-Id"] = context.TraceIdentifier;
                    context.Response.Headers.XContentTypeOptions = "nosniff";
                    return Task.CompletedTask;
                });
                await next(context).ConfigureAwait(false);
                if (
                    context.Response.HasStarted
                    || context.Response.ContentLength is not null
                    || context.GetEndpoint()?.DisplayName?.StartsWith('/') == true
                )
                    return;
                if (context.Response.StatusCode is < StatusCodes.Status400BadRequest)
                    return;
                string message = context.Response.StatusCode switch
                {
                    StatusCodes.Status404NotFound => "there is no such route; /openapi/v1.json describes those there are",
                    StatusCodes.Status405MethodNotAllowed =>
                        $"{context.Request.Method} is not allowed here; {context.Response.Headers.Allow} is",
                    var status => $"the request is refused ({status})",
                };
                await ErrorAnswers
                    .WriteAsync(
                        context,
                        new RequestException(context.Response.StatusCode, RequestFault.Validation, message),
                        ErrorShape.OpenAi
                    )
                    .ConfigureAwait(false);
            }
        );
        return app;
    }

    private static X509Certificate2 ReadCertificate(string certificate, string? key)
    {
        OpenSsl.Require("TLS");
        try
        {
            using X509Certificate2 read = X509Certificate2.CreateFromPemFile(certificate, key);
            return X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null);
        }
        catch (Exception failure)
            when (failure is System.Security.Cryptography.CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new InputException($"`tls-certificate` {certificate}: {failure.Message.ReplaceLineEndings(" ")}", failure);
        }
    }

    /// <summary>Leaves signals to the program: it says when the host ends.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
