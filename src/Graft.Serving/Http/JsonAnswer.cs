using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Graft.Serving.Http;

/// <summary>Writes JSON answers straight into the response's buffer.</summary>
internal static class JsonAnswer
{
    private static readonly JsonWriterOptions s_options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    public static async Task WriteAsync(HttpResponse response, Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> bytes = new(1024);
        using (Utf8JsonWriter json = new(bytes, s_options)) write(json);
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = bytes.WrittenCount;
        await response.Body.WriteAsync(bytes.WrittenMemory, response.HttpContext.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Writes a list item by item, so that an answer of many megabytes is never whole in memory.</summary>
    public static async Task WriteListAsync(HttpResponse response, int count, Action<Utf8JsonWriter, int> write)
    {
        response.ContentType = "application/json; charset=utf-8";
        Utf8JsonWriter json = new(response.BodyWriter, s_options);
        await using (json.ConfigureAwait(false))
        {
            json.WriteStartArray();
            for (int i = 0; i < count; i++)
            {
                write(json, i);
                json.Flush();
                await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted).ConfigureAwait(false);
            }

            json.WriteEndArray();
        }
    }

    /// <summary>A list of numbers: [0.25,-1].</summary>
    public static void WriteNumbers(Utf8JsonWriter json, ReadOnlySpan<float> values)
    {
        json.WriteStartArray();
        foreach (float value in values) json.WriteNumberValue(value);
        json.WriteEndArray();
    }
}
