using System.Text.Encodings.Web;
using System.Text.Json;

namespace Graft.Cli.Commands.Tokenizers;

/// <summary>Reads records line by line and writes one JSON line for each, errors included, as they come.</summary>
internal static class RecordStream
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers every line of JSON; blank lines are passed over.</summary>
    /// <param name="input">The lines.</param>
    /// <param name="output">The answers.</param>
    /// <param name="answer">Writes the members of an answer after its id.</param>
    /// <param name="stop">Ends the stream between two lines.</param>
    public static void Answer(LineInput input, LineOutput output, Action<JsonElement, Utf8JsonWriter> answer, CancellationToken stop)
    {
        using MemoryStream line = new();
        while (input.Read() is string text)
        {
            stop.ThrowIfCancellationRequested();
            if (string.IsNullOrWhiteSpace(text)) continue;
            AnswerLine(text, line, answer);
            Write(line, output);
            if (input.IsWaiting) output.Flush();
        }
    }

    /// <summary>Writes one object a line.</summary>
    public static void Write(MemoryStream line, LineOutput output, Action<Utf8JsonWriter> members)
    {
        Object(line, members);
        Write(line, output);
    }

    private static void AnswerLine(string text, MemoryStream line, Action<JsonElement, Utf8JsonWriter> answer)
    {
        JsonElement id = default;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement record = document.RootElement;
            if (record.ValueKind == JsonValueKind.Object && record.TryGetProperty("id", out JsonElement found)) id = found.Clone();
            Object(line, json =>
            {
                WriteId(json, id);
                answer(record, json);
            });
        }
        catch (Exception error) when (error is InputException or JsonException)
        {
            Object(line, json =>
            {
                WriteId(json, id);
                json.WriteString("error", error is JsonException ? "not valid JSON: " + error.Message : error.Message);
            });
        }
    }

    private static void WriteId(Utf8JsonWriter json, JsonElement id)
    {
        if (id.ValueKind == JsonValueKind.Undefined) return;
        json.WritePropertyName("id");
        id.WriteTo(json);
    }

    private static void Object(MemoryStream line, Action<Utf8JsonWriter> members)
    {
        line.SetLength(0);
        using Utf8JsonWriter json = new(line, s_options);
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    }

    private static void Write(MemoryStream line, LineOutput output)
    {
        line.WriteByte((byte)'\n');
        output.Stream.Write(line.GetBuffer(), 0, (int)line.Length);
    }
}
