using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Graft.Serving.Http;

/// <summary>Why a request is not answered; each family of routes writes it in its own shape.</summary>
internal enum RequestFault
{
    /// <summary>A field, a header or the body is not what it must be.</summary>
    Validation,

    /// <summary>A text cannot be tokenized.</summary>
    Tokenizer,

    /// <summary>No served model can answer.</summary>
    Backend,

    /// <summary>There is no model of this name, or no such route.</summary>
    NotFound,

    /// <summary>The API key is missing or wrong.</summary>
    Unauthorized,

    /// <summary>The queue is full.</summary>
    Overloaded,

    /// <summary>The server is ending, or not ready.</summary>
    Unhealthy,

    /// <summary>There is nothing in the request.</summary>
    Empty,
}

/// <summary>A request that is refused, with one line that says what was found and what is expected.</summary>
internal sealed class RequestException(int status, RequestFault fault, string message, string? faulty = null) : Exception(message)
{
    public int Status => status;

    public RequestFault Fault => fault;

    /// <summary>The field of the body that is to blame; null for none.</summary>
    public string? Field => faulty;

    /// <summary>When to ask again; null where that would not help.</summary>
    public int? RetrySeconds { get; private init; }

    /// <summary>A field of the body has a value that is not allowed.</summary>
    public static RequestException Invalid(string field, string message) =>
        new(StatusCodes.Status422UnprocessableEntity, RequestFault.Validation, $"`{field}`: {message}", field);

    /// <summary>The body is no JSON object.</summary>
    public static RequestException Malformed(string message) => new(StatusCodes.Status400BadRequest, RequestFault.Validation, message);

    /// <summary>Too many tokens, texts or bytes.</summary>
    public static RequestException TooLarge(string message, string? field = null) =>
        new(StatusCodes.Status413PayloadTooLarge, RequestFault.Validation, field is null ? message : $"`{field}`: {message}", field);

    /// <summary>None of the served models answers such requests.</summary>
    public static RequestException NotServed(string message) => new(StatusCodes.Status424FailedDependency, RequestFault.Backend, message);

    public static RequestException Overloaded(int seconds) =>
        new(
            StatusCodes.Status429TooManyRequests,
            RequestFault.Overloaded,
            string.Create(CultureInfo.InvariantCulture, $"the queue is full; try again in {seconds} s")
        )
        {
            RetrySeconds = seconds,
        };

    public static RequestException ShuttingDown() =>
        new(StatusCodes.Status503ServiceUnavailable, RequestFault.Unhealthy, "the server is shutting down") { RetrySeconds = 1 };
}
