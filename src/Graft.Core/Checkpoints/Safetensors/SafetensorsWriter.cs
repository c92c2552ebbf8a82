using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using static System.FormattableString;

namespace Graft.Checkpoints;

/// <summary>
/// Writes safetensors files as the reference library does, byte for byte: the widest element types first, then names in byte order, the
/// header padded to eight bytes. Files appear whole or not at all (<see cref="AtomicFile"/>).
/// </summary>
internal static class SafetensorsWriter
{
    private const int HeaderAlignment = 8;

    /// <summary>What Hugging Face's libraries write beside PyTorch weights and require when they load them.</summary>
    public static IReadOnlyDictionary<string, string> PyTorchMetadata { get; } =
        new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" };

    /// <summary>Writes the tensors; their bytes are fetched one tensor at a time.</summary>
    /// <param name="path">The file; replaced when it exists.</param>
    /// <param name="tensors">In any order; names must differ.</param>
    /// <param name="metadata">Text to store beside them; <see cref="PyTorchMetadata"/> when null, none when empty.</param>
    /// <exception cref="RunFailedException">The folder cannot be written or the disk is full.</exception>
    public static void Write(string path, IEnumerable<TensorToWrite> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        List<TensorToWrite> ordered =
        [
            .. tensors.OrderByDescending(tensor => tensor.Type).ThenBy(tensor => Encoding.UTF8.GetBytes(tensor.Name), Utf8Order.Instance),
        ];
        RequireDistinctNames(ordered);
        byte[] header = Header(ordered, metadata ?? PyTorchMetadata);
        long total = sizeof(ulong) + header.Length + ordered.Sum(tensor => tensor.ByteCount);
        AtomicFile.Write(path, stream => WriteContent(stream, header, ordered), total);
    }

    private static void WriteContent(Stream stream, byte[] header, List<TensorToWrite> tensors)
    {
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (TensorToWrite tensor in tensors)
        {
            long before = stream.Position;
            tensor.WriteTo(stream);
            if (stream.Position - before != tensor.ByteCount)
                throw new InvalidOperationException(
                    Invariant($"{tensor.Name} wrote {stream.Position - before} bytes instead of {tensor.ByteCount}")
                );
        }
    }

    private static byte[] Header(List<TensorToWrite> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (metadata.Count > 0) WriteMetadata(json, metadata);
            long offset = 0;
            foreach (TensorToWrite tensor in tensors)
            {
                WriteEntry(json, tensor, offset);
                offset += tensor.ByteCount;
            }

            json.WriteEndObject();
        }

        int padding = -buffer.WrittenCount & (HeaderAlignment - 1);
        buffer.GetSpan(padding)[..padding].Fill((byte)' ');
        buffer.Advance(padding);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        json.WriteStartObject("__metadata__");
        foreach ((string key, string value) in metadata) json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter json, TensorToWrite tensor, long offset)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.Type.SafetensorsName());
        json.WriteStartArray("shape");
        foreach (long size in tensor.Shape) json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(offset + tensor.ByteCount);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void RequireDistinctNames(List<TensorToWrite> tensors)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (TensorToWrite tensor in tensors)
        {
            if (!seen.Add(tensor.Name)) throw new ArgumentException($"two tensors are named {tensor.Name}", nameof(tensors));
        }
    }

    private sealed class Utf8Order : IComparer<byte[]>
    {
        public static readonly Utf8Order Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
