using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;
using static System.FormattableString;

namespace Graft.Checkpoints;

/// <summary>
/// Reads the safetensors format: eight bytes with the length of a JSON header, the header, then the tensors back to back. A file is refused
/// unless its header fits, every range matches its shape, and the ranges fill the data without holes or overlaps, as the reference library
/// demands.
/// </summary>
internal static class SafetensorsReader
{
    /// <summary>The reference library's limit on the header.</summary>
    internal const int MaxHeaderBytes = 100_000_000;

    private const int LengthBytes = sizeof(ulong);

    /// <summary>Maps a file and checks its header.</summary>
    /// <exception cref="CheckpointException">It is missing, damaged or hostile.</exception>
    public static Checkpoint Open(string path)
    {
        MappedFile file = MappedFile.Open(path);
        try
        {
            ReadOnlySpan<byte> header = ReadHeader(file);
            SafetensorsHeader content = SafetensorsHeader.Parse(path, header);
            long dataStart = LengthBytes + header.Length;
            RequireNoHoles(path, content.Entries, file.Length - dataStart);
            IEnumerable<StoredTensor> tensors = content.Entries.Select(entry => new StoredTensor(
                file,
                entry.Name,
                entry.Type,
                entry.Shape,
                dataStart + entry.Begin
            ));
            return new(path, CheckpointFormat.Safetensors, [file], tensors, content.Metadata);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static ReadOnlySpan<byte> ReadHeader(MappedFile file)
    {
        if (file.Length < LengthBytes)
            throw new CheckpointException(file.FilePath, $"has {file.Length} bytes: too short for a safetensors file");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(file.Slice(0, LengthBytes));
        if (length > MaxHeaderBytes)
            throw new CheckpointException(
                file.FilePath,
                $"claims a header of {length} bytes, over the limit of {MaxHeaderBytes}: not a safetensors file, or damaged"
            );
        if ((long)length > file.Length - LengthBytes)
            throw new CheckpointException(
                file.FilePath,
                $"claims a header of {length} bytes, but has {file.Length} in all: it is cut short or damaged"
            );
        return file.Slice(LengthBytes, (int)length);
    }

    /// <summary>The ranges, sorted, must touch one another from the first byte of the data to the last.</summary>
    private static void RequireNoHoles(string path, List<SafetensorsEntry> entries, long dataBytes)
    {
        long end = 0;
        foreach (SafetensorsEntry entry in entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End))
        {
            if (entry.Begin < end)
                throw new CheckpointException(
                    path,
                    Invariant($"{entry.Name} overlaps another tensor (it begins at {entry.Begin}, before {end})")
                );
            if (entry.Begin > end)
                throw new CheckpointException(path, Invariant($"{entry.Begin - end} bytes before {entry.Name} belong to no tensor"));
            end = entry.End;
        }

        if (end > dataBytes)
            throw new CheckpointException(
                path,
                Invariant($"the tensors need {end} bytes, but {dataBytes} are there: the file is cut short")
            );
        if (end < dataBytes)
            throw new CheckpointException(path, Invariant($"{dataBytes - end} bytes after the last tensor belong to no tensor"));
    }
}

/// <summary>One line of the header: the range counts from the start of the data.</summary>
internal readonly record struct SafetensorsEntry(string Name, ElementType Type, long[] Shape, long Begin, long End);

/// <summary>The parsed header; each entry's range is as long as its shape demands.</summary>
internal sealed class SafetensorsHeader
{
    private const string MetadataKey = "__metadata__";

    // More than any model has; without them a header of the allowed 100 MB could ask for many times its size in memory.
    private const int MaxTensors = 1 << 18, MaxAxes = 64, MaxMetadataCharacters = 1 << 24;

    private readonly string _path;
    private int _metadataCharacters;

    private SafetensorsHeader(string path) => _path = path;

    /// <summary>The tensors in the order of the header.</summary>
    public List<SafetensorsEntry> Entries { get; } = [];

    /// <summary>The text under <c>__metadata__</c>.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Parses the JSON of a header.</summary>
    /// <exception cref="CheckpointException">It is not what the format prescribes.</exception>
    public static SafetensorsHeader Parse(string path, ReadOnlySpan<byte> json)
    {
        SafetensorsHeader header = new(path);
        if (!Utf8.IsValid(json)) throw header.Error("is not valid UTF-8");
        try
        {
            // Three levels are all that the format has.
            Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = 4 });
            header.ReadObject(ref reader, header.ReadMember);
            while (reader.Read())
            {
                // Only white space may follow: anything else makes the reader throw.
            }
        }
        catch (JsonException failure)
        {
            throw new CheckpointException(
                path,
                Invariant($"the header is not JSON as safetensors files have it (byte {failure.BytePositionInLine})"),
                failure
            );
        }

        return header;
    }

    private delegate void MemberReader(ref Utf8JsonReader reader, string key);

    /// <summary>Reads { "key": value, … }: <paramref name="readMember"/> is called with the reader before each value.</summary>
    private void ReadObject(ref Utf8JsonReader reader, MemberReader readMember)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw Error("holds something else where an object should be");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName) readMember(ref reader, ReadString(ref reader));
    }

    private void ReadMember(ref Utf8JsonReader reader, string key)
    {
        if (key == MetadataKey) ReadObject(ref reader, ReadMetadata);
        else Entries.Add(ReadEntry(ref reader, key));
        if (Entries.Count > MaxTensors) throw Error(Invariant($"lists more than {MaxTensors} tensors"));
    }

    private void ReadMetadata(ref Utf8JsonReader reader, string key)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String) throw Error($"has a value that is not a string in {MetadataKey} ({key})");
        string value = ReadString(ref reader);
        _metadataCharacters += key.Length + value.Length;
        if (_metadataCharacters > MaxMetadataCharacters)
            throw Error(Invariant($"has more than {MaxMetadataCharacters} characters of {MetadataKey}"));
        Metadata[key] = value;
    }

    private SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name)
    {
        string? dtype = null;
        long[]? shape = null, offsets = null;
        ReadObject(ref reader, (ref Utf8JsonReader member, string key) =>
        {
            switch (key)
            {
                case "dtype" when dtype is null:
                    member.Read();
                    if (member.TokenType != JsonTokenType.String) throw Error($"has a dtype of {name} that is not a string");
                    dtype = ReadString(ref member);
                    break;
                case "shape" when shape is null: shape = ReadSizes(ref member, name); break;
                case "data_offsets" when offsets is null: offsets = ReadSizes(ref member, name); break;
                default: throw Error($"has an unknown or repeated key in {name} ({key})");
            }
        });
        if (dtype is null || shape is null || offsets is null) throw Error($"lacks dtype, shape or data_offsets of {name}");
        return Check(name, dtype, shape, offsets);
    }

    private SafetensorsEntry Check(string name, string dtype, long[] shape, long[] offsets)
    {
        if (!ElementTypes.TryParseSafetensors(dtype, out ElementType type)) throw Error($"gives {name} the unknown dtype {dtype}");
        if (offsets.Length != 2 || offsets[0] > offsets[1])
            throw Error($"gives {name} the impossible data_offsets {TensorShape.Format(offsets)}");
        if (!TensorShape.TryCountBytes(shape, type, out long bytes))
            throw Error($"gives {name} the impossible shape {TensorShape.Format(shape)}");
        if (bytes != offsets[1] - offsets[0])
            throw Error(Invariant($"gives {name} {offsets[1] - offsets[0]} bytes, but {dtype} {TensorShape.Format(shape)} has {bytes}"));
        return new(name, type, shape, offsets[0], offsets[1]);
    }

    /// <summary>An array of whole numbers ≥ 0.</summary>
    private long[] ReadSizes(ref Utf8JsonReader reader, string name)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray) throw Error($"has something else where {name} should have an array");
        List<long> sizes = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long size) || size < 0)
                throw Error($"has a size or offset of {name} that is not a whole number from 0 to 2^63 - 1");
            sizes.Add(size);
            if (sizes.Count > MaxAxes) throw Error(Invariant($"gives {name} more than {MaxAxes} axes"));
        }

        return [.. sizes];
    }

    private string ReadString(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString() ?? "";
        }
        catch (InvalidOperationException failure)
        {
            // An escaped half of a surrogate pair.
            throw new CheckpointException(_path, "the header has a string that is not valid text", failure);
        }
    }

    private CheckpointException Error(string problem) => new(_path, $"the header {problem}");
}
