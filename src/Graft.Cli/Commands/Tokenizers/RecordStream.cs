using System.Text.Encodings.Web;
using System.Text.Json;

namespace Graft.Cli.Commands.Tokenizers;

/// <summary>
/// Answers lines, each with one line, in their order. Lines that are there already are answered several at a time, on several threads;
/// nobody who waits for an answer waits for more lines.
/// </summary>
internal sealed class RecordStream(LineInput input, LineOutput output, int threads, CancellationToken stop)
{
    private const int MostLines = 512;
    private const int MostCharacters = 1 << 22;

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<(string Text, int Number)> _lines = [];
    private readonly List<MemoryStream> _answers = [];

    /// <summary>Answers every line of JSON; blank lines are passed over, a line that is refused is answered with its error.</summary>
    /// <param name="answer">Writes the members of an answer after its id.</param>
    public void AnswerRecords(Action<JsonElement, Utf8JsonWriter> answer) => AnswerLines((text, _, line) =>
    {
        if (!string.IsNullOrWhiteSpace(text)) AnswerRecord(text, line, answer);
    });

    /// <summary>Answers every line with one object.</summary>
    /// <param name="members">Writes the members of the answer to a line of that number.</param>
    public void AnswerTexts(Action<string, int, Utf8JsonWriter> members) =>
        AnswerLines((text, number, line) => Object(line, json => members(text, number, json)));

    /// <summary>Answers every line with what is written for it; nothing for nothing.</summary>
    /// <exception cref="InputException">A line could not be answered; those before it were.</exception>
    public void AnswerLines(Action<string, int, MemoryStream> answer)
    {
        while (ReadPortion())
        {
            stop.ThrowIfCancellationRequested();
            InputException?[] errors = new InputException?[_lines.Count];
            if (threads == 1 || _lines.Count == 1) for (int i = 0; i < _lines.Count; i++) AnswerOne(i);
            else Parallel.For(0, _lines.Count, new ParallelOptions { MaxDegreeOfParallelism = threads }, AnswerOne);
            for (int i = 0; i < _lines.Count; i++)
            {
                if (errors[i] is InputException error) throw new InputException(error.Message, error);
                output.Stream.Write(_answers[i].GetBuffer(), 0, (int)_answers[i].Length);
            }

            if (input.IsWaiting) output.Flush();

            void AnswerOne(int i)
            {
                MemoryStream line = _answers[i];
                line.SetLength(0);
                try
                {
                    answer(_lines[i].Text, _lines[i].Number, line);
                }
                catch (InputException error)
                {
                    errors[i] = error;
                }
            }
        }
    }

    private bool ReadPortion()
    {
        _lines.Clear();
        int characters = 0;
        while (
            _lines.Count < MostLines
            && characters < MostCharacters
            && (_lines.Count == 0 || !input.IsWaiting)
            && input.Read() is string text
        )
        {
            _lines.Add((text, input.LineNumber));
            characters += text.Length;
            if (_answers.Count < _lines.Count) _answers.Add(new());
        }

        return _lines.Count > 0;
    }

    private static void AnswerRecord(string text, MemoryStream line, Action<JsonElement, Utf8JsonWriter> answer)
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
        json.Flush();
        line.WriteByte((byte)'\n');
    }
}
