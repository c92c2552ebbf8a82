using System.Diagnostics;
using Graft.Serving.Operation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Graft.Serving.Http;

/// <summary>
/// Where routes are added: <c>routes.Post("/embed", ErrorShape.TextEmbeddings, AnswerAsync)</c>. What all routes share is here: the
/// API key, the body's limits, failures as answers, counting, logging.
/// </summary>
internal sealed partial class RouteTable(IEndpointRouteBuilder endpoints)
{
    /// <summary>The status that is logged and counted for a client that is gone; nobody reads it.</summary>
    private const int ClientGone = 499;
    private readonly ILogger _logger = endpoints.ServiceProvider.GetRequiredService<ILoggerFactory>().CreateLogger(ServingMetrics.Name);
    private readonly ServingServices _services = endpoints.ServiceProvider.GetRequiredService<ServingServices>();

    /// <summary>
    /// Adds a route whose body is a JSON object; fields that the answer has not read are refused
    /// (<see cref="RequestBody.RequireNothingElse"/>).
    /// </summary>
    public IEndpointConventionBuilder Post(string path, ErrorShape shape, Func<ServingRequest, Task> answer) =>
        Named(endpoints.MapPost(path, context => AnswerAsync(context, path, shape, needsKey: true, async () =>
        {
            RequestBody body = await RequestBody.ReadAsync(context.Request).ConfigureAwait(false);
            await answer(new ServingRequest(context, _services, body)).ConfigureAwait(false);
        })), path);

    /// <summary>Adds a route without a body.</summary>
    /// <param name="path">The path.</param>
    /// <param name="shape">How failures are written.</param>
    /// <param name="answer">Answers.</param>
    /// <param name="needsKey">False for what says nothing of models and texts: probes, pages.</param>
    public IEndpointConventionBuilder Get(string path, ErrorShape shape, Func<ServingRequest, Task> answer, bool needsKey = true) =>
        Named(
            endpoints.MapGet(path, context =>
                AnswerAsync(context, path, shape, needsKey, () => answer(new ServingRequest(context, _services, null)))
            ),
            path
        );

    private static IEndpointConventionBuilder Named(IEndpointConventionBuilder endpoint, string path) => endpoint.WithDisplayName(path);

    private async Task AnswerAsync(HttpContext context, string path, ErrorShape shape, bool needsKey, Func<Task> answer)
    {
        long start = Stopwatch.GetTimestamp();
        int status = 0;
        try
        {
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
                limit.MaxRequestBodySize = _services.Options.MaxBodyBytes;
            if (needsKey)
                _services.Keys.Require(context.Request);
            await answer().ConfigureAwait(false);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            status = ClientGone;
        }
        catch (Exception failure) when (!context.Response.HasStarted)
        {
            RequestException refusal = RefusalOf(failure);
            if (refusal.Status == StatusCodes.Status500InternalServerError) LogFailed(path, context.TraceIdentifier, failure);
            try
            {
                await ErrorAnswers.WriteAsync(context, refusal, shape).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                status = ClientGone;
            }
        }
        catch (Exception failure)
        {
            LogFailed(path, context.TraceIdentifier, failure);
            context.Abort(); // half an answer must not look whole
            status = StatusCodes.Status500InternalServerError;
        }

        if (status == 0) status = context.Response.StatusCode;
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        _services.Metrics.Answered(path, status, took);
        LogAnswered(context.Request.Method, path, status, took.TotalMilliseconds, context.TraceIdentifier);
    }

    private static RequestException RefusalOf(Exception failure) =>
        failure switch
        {
            RequestException refusal => refusal,
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => RequestException.TooLarge(
                "the body is larger than the server takes"
            ),
            BadHttpRequestException bad => new RequestException(bad.StatusCode, RequestFault.Validation, bad.Message),
            InputException input => new RequestException(StatusCodes.Status422UnprocessableEntity, RequestFault.Validation, input.Message),
            ObjectDisposedException => RequestException.ShuttingDown(),
            _ => new RequestException(
                StatusCodes.Status500InternalServerError,
                RequestFault.Backend,
                "the server failed; its log says where"
            ),
        };

    [LoggerMessage(10, LogLevel.Information, "{Method} {Route} {Status} {Milliseconds:0.0} ms, request {RequestId}")]
    private partial void LogAnswered(string method, string route, int status, double milliseconds, string requestId);

    [LoggerMessage(11, LogLevel.Error, "{Route} failed, request {RequestId}")]
    private partial void LogFailed(string route, string requestId, Exception failure);
}
