using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Graft.Serving.Http;

/// <summary>The clients that read an error.</summary>
internal enum ErrorShape
{
    /// <summary>Those of text-embeddings-inference: {"error", "error_type"}.</summary>
    TextEmbeddings,

    /// <summary>Those of OpenAI: {"error": {"message", "type", "param", "code"}}.</summary>
    OpenAi,
}

/// <summary>Writes a refusal in the shape that a route's clients read.</summary>
internal static class ErrorAnswers
{
    public static Task WriteAsync(HttpContext context, RequestException refusal, ErrorShape shape)
    {
        int status = refusal.Status;
        if (shape == ErrorShape.OpenAi && status is StatusCodes.Status422UnprocessableEntity or StatusCodes.Status424FailedDependency)
            status = StatusCodes.Status400BadRequest;
        context.Response.Clear();
        context.Response.StatusCode = status;
        if (refusal.RetrySeconds is int seconds) context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (status == StatusCodes.Status401Unauthorized) context.Response.Headers.WWWAuthenticate = "Bearer";
        return JsonAnswer.WriteAsync(context.Response, json =>
        {
            json.WriteStartObject();
            if (shape == ErrorShape.OpenAi) WriteOpenAi(json, refusal, status);
            else WriteTextEmbeddings(json, refusal);
            json.WriteEndObject();
        });
    }

    private static void WriteTextEmbeddings(Utf8JsonWriter json, RequestException refusal)
    {
        json.WriteString("error", refusal.Message);
        json.WriteString("error_type", refusal.Fault.ToString());
    }

    private static void WriteOpenAi(Utf8JsonWriter json, RequestException refusal, int status)
    {
        json.WriteStartObject("error");
        json.WriteString("message", refusal.Message);
        json.WriteString("type", refusal.Fault switch
        {
            RequestFault.Overloaded => "rate_limit_error",
            RequestFault.Unauthorized => "authentication_error",
            _ when status >= StatusCodes.Status500InternalServerError => "server_error",
            _ => "invalid_request_error",
        });
        json.WriteString("param", refusal.Field);
        json.WriteString("code", refusal.Fault switch
        {
            RequestFault.Overloaded => "rate_limit_exceeded",
            RequestFault.Unauthorized => "invalid_api_key",
            RequestFault.NotFound => "model_not_found",
            _ => null,
        });
        json.WriteEndObject();
    }
}
