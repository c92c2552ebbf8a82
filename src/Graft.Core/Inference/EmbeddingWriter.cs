using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Parquet;
using Parquet.Schema;

namespace Graft.Inference;

/// <summary>
/// Writes texts with their vectors: a line of JSON each, or Parquet with the columns text and embedding (a list of floats). The file
/// appears whole at the end.
/// </summary>
public static class EmbeddingWriter
{
    private static readonly JsonWriterOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The formats, by file extension.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".jsonl", ".parquet"];

    /// <summary>Writes a file in the format of its extension.</summary>
    /// <param name="path">The file.</param>
    /// <param name="batches">Texts with their vectors, in order; read while writing.</param>
    /// <exception cref="InputException">No format has this extension.</exception>
    /// <exception cref="RunFailedException">The file cannot be written.</exception>
    public static void Write(string path, IEnumerable<(IReadOnlyList<string> Texts, IReadOnlyList<float[]> Vectors)> batches)
    {
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".jsonl":
                AtomicFile.Write(path, stream => WriteLines(stream, batches));
                break;
            case ".parquet" when ParquetSupport.IsSupported:
                AtomicFile.Write(path, stream => WriteParquet(stream, batches));
                break;
            case ".parquet":
                throw ParquetSupport.Refusal(path);
            default:
                throw new InputException("output", path, $"a file that ends in one of {string.Join(", ", Extensions)}");
        }
    }

    /// <summary>One line of JSON Lines: {"text": …, "embedding": […]}.</summary>
    public static string Line(string text, ReadOnlySpan<float> vector)
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer, s_line))
        {
            json.WriteStartObject();
            json.WriteString("text", text);
            json.WriteStartArray("embedding");
            foreach (float value in vector) json.WriteNumberValue(value);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void WriteLines(Stream stream, IEnumerable<(IReadOnlyList<string> Texts, IReadOnlyList<float[]> Vectors)> batches)
    {
        using StreamWriter writer = new(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), leaveOpen: true)
        {
            NewLine = "\n",
        };
        foreach ((IReadOnlyList<string> texts, IReadOnlyList<float[]> vectors) in batches)
        {
            for (int i = 0; i < texts.Count; i++) writer.WriteLine(Line(texts[i], vectors[i]));
        }
    }

    private static void WriteParquet(Stream stream, IEnumerable<(IReadOnlyList<string> Texts, IReadOnlyList<float[]> Vectors)> batches)
    {
        DataField<string> text = new("text");
        DataField<float> element = new("element");
        using MemoryStream buffer = new(); // the writer wants to seek
        ParquetWriter writer = ParquetWriter
            .CreateAsync(new ParquetSchema(text, new ListField("embedding", element)), buffer)
            .GetAwaiter()
            .GetResult();
        foreach ((IReadOnlyList<string> texts, IReadOnlyList<float[]> vectors) in batches)
        {
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            group.WriteAsync(text, (string[])[.. texts]).GetAwaiter().GetResult();

            float[] values = [.. vectors.SelectMany(vector => vector)];
            // a list begins at level 0
            int[] begins = [.. vectors.SelectMany(vector => Enumerable.Range(0, vector.Length).Select(i => i == 0 ? 0 : 1))];
            int[] present = new int[values.Length];
            Array.Fill(present, element.MaxDefinitionLevel);
            group
                .WriteAllPartsAsync<float>(element, values, definitionValues: present, repetitionLevels: begins, cancellationToken: default)
                .GetAwaiter()
                .GetResult();
        }

        writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
        buffer.WriteTo(stream);
    }
}
