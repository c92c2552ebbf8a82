using static System.FormattableString;

namespace Graft.Checkpoints;

/// <summary>What the index of a TensorFlow checkpoint says of one variable.</summary>
/// <param name="Name">The variable, such as bert/encoder/layer_0/output/dense/kernel.</param>
/// <param name="Type">How the elements are stored; null for types that no weight has (text, complex numbers).</param>
/// <param name="Shape">Sizes, all ≥ 0.</param>
/// <param name="Shard">The number of the data file.</param>
/// <param name="Offset">The offset of the first byte in the data file.</param>
/// <param name="ByteCount">Bytes there.</param>
/// <param name="Checksum">CRC-32C of the bytes.</param>
internal sealed record TensorFlowEntry(string Name, ElementType? Type, long[] Shape, int Shard, long Offset, long ByteCount, uint Checksum);

/// <summary>
/// The index of a TensorFlow checkpoint: the names, shapes and places of its variables (the “tensor bundle” format, version 1).
/// </summary>
internal sealed record TensorFlowIndex(int ShardCount, IReadOnlyList<TensorFlowEntry> Entries)
{
    private const int MaxShards = 100_000;

    /// <summary>Reads an index; the data files need not be there.</summary>
    /// <exception cref="CheckpointException">It is missing, damaged or hostile.</exception>
    public static TensorFlowIndex Read(string path)
    {
        using MappedFile file = MappedFile.Open(path);
        int? shards = null;
        List<TensorFlowEntry> entries = [];
        foreach ((string key, Range value) in SortedStringTable.Read(file))
        {
            ReadOnlySpan<byte> message = file.Slice(value.Start.Value, value.End.Value - value.Start.Value);
            // The header is the value of the empty key, which sorts first.
            if (key.Length == 0) shards = ReadHeader(path, message);
            else entries.Add(ReadEntry(path, key, message));
        }

        return new(shards
            ?? throw new CheckpointException(path, "lacks its header: not a TensorFlow checkpoint index, or damaged"), entries);
    }

    /// <summary>BundleHeaderProto: 1 number of shards, 2 endianness (0 little), 3 version.</summary>
    private static int ReadHeader(string path, ReadOnlySpan<byte> message)
    {
        ProtoReader reader = new(message);
        ulong shards = 0;
        while (reader.Next())
        {
            if (reader.Field == 1)
                shards = reader.Number;
            else if (reader.Field == 2 && reader.Number != 0)
                throw new CheckpointException(path, "was written on a big-endian machine, which is not read");
        }

        return !reader.IsBroken && shards is > 0 and <= MaxShards
            ? (int)shards
            : throw new CheckpointException(path, Invariant($"has a damaged header ({shards} data files)"));
    }

    /// <summary>BundleEntryProto: 1 dtype, 2 shape, 3 shard, 4 offset, 5 size, 6 checksum (masked), 7 slices.</summary>
    private static TensorFlowEntry ReadEntry(string path, string name, ReadOnlySpan<byte> message)
    {
        ProtoReader reader = new(message);
        ulong dataType = 0, shard = 0, offset = 0, bytes = 0, checksum = 0;
        long[] shape = [];
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: dataType = reader.Number; break;
                case 2: shape = ReadShape(path, name, reader.Content); break;
                case 3: shard = reader.Number; break;
                case 4: offset = reader.Number; break;
                case 5: bytes = reader.Number; break;
                case 6: checksum = reader.Number; break;
                case 7: throw new CheckpointException(path, $"{name} is stored in slices of a partitioned variable, which is not read");
            }
        }

        if (reader.IsBroken || shard > MaxShards || offset > long.MaxValue || bytes > long.MaxValue || checksum > uint.MaxValue)
            throw new CheckpointException(path, $"the entry of {name} is damaged");
        ElementType? type = TypeOf(dataType);
        if (type is { } known && (!TensorShape.TryCountBytes(shape, known, out long expected) || expected != (long)bytes))
            throw new CheckpointException(
                path,
                Invariant($"gives {name} {bytes} bytes, which {known} {TensorShape.Format(shape)} does not have")
            );
        return new(name, type, shape, (int)shard, (long)offset, (long)bytes, Crc32C.Unmask((uint)checksum));
    }

    /// <summary>TensorShapeProto: repeated 2 dim { 1 size }, 3 unknown rank.</summary>
    private static long[] ReadShape(string path, string name, ReadOnlySpan<byte> message)
    {
        ProtoReader dimensions = new(message);
        List<long> shape = [];
        while (dimensions.Next())
        {
            if (dimensions.Field != 2) continue;
            ProtoReader dimension = new(dimensions.Content);
            ulong size = 0;
            while (dimension.Next())
            {
                if (dimension.Field == 1) size = dimension.Number;
            }

            if (dimension.IsBroken || size > long.MaxValue) throw new CheckpointException(path, $"the shape of {name} is damaged");
            shape.Add((long)size);
        }

        return dimensions.IsBroken ? throw new CheckpointException(path, $"the shape of {name} is damaged") : [.. shape];
    }

    /// <summary>The numbers of TensorFlow's DataType that weights and counters have.</summary>
    private static ElementType? TypeOf(ulong dataType) => dataType switch
    {
        1 => ElementType.F32,
        2 => ElementType.F64,
        3 => ElementType.I32,
        4 => ElementType.U8,
        5 => ElementType.I16,
        6 => ElementType.I8,
        9 => ElementType.I64,
        10 => ElementType.Bool,
        14 => ElementType.BF16,
        17 => ElementType.U16,
        19 => ElementType.F16,
        22 => ElementType.U32,
        23 => ElementType.U64,
        _ => null,
    };
}
