using System.Buffers;
using System.Runtime.InteropServices;
using static System.FormattableString;

namespace Graft.Checkpoints;

/// <summary>
/// One tensor inside a mapped checkpoint file: its name, element type and shape, and its bytes where they lie in the file. Nothing is read
/// before it is asked for. Valid until the <see cref="Checkpoint"/> it came from is disposed; reading is safe from several threads.
/// </summary>
public sealed unsafe class StoredTensor
{
    /// <summary>Elements gathered or converted at a time: small enough for the caches, large enough to amortise a call.</summary>
    private const int ChunkElements = 1 << 14;

    /// <summary>Elements whose pages are mapped and handed back at a time.</summary>
    private const int BlockElements = 1 << 21;

    /// <summary>For smaller tensors advice to the system costs more than it saves.</summary>
    private const long AdviseFromBytes = 1 << 18;

    private readonly MappedFile _file;
    private readonly long _offset;
    private readonly long[] _shape;
    private readonly long[]? _strides;
    private readonly uint? _checksum;
    private volatile bool _checked;

    /// <summary>Describes a range of a file that the format's reader has checked.</summary>
    /// <param name="file">The mapped file.</param>
    /// <param name="name">The key in the checkpoint.</param>
    /// <param name="type">How elements are stored.</param>
    /// <param name="shape">Sizes, all ≥ 0.</param>
    /// <param name="offset">The offset of the first element, in bytes from the start of the file.</param>
    /// <param name="strides">In elements; null for a row-major tensor without gaps.</param>
    /// <param name="checksum">CRC-32C of the bytes, checked before they are first used; null when the format has none.</param>
    internal StoredTensor(
        MappedFile file,
        string name,
        ElementType type,
        long[] shape,
        long offset,
        long[]? strides = null,
        uint? checksum = null
    )
    {
        _file = file;
        Name = name;
        Type = type;
        _shape = shape;
        ElementCount = TensorShape.Count(shape);
        _offset = offset;
        _strides = strides is null || TensorShape.IsContiguous(shape, strides) ? null : strides;
        _checksum = checksum;
    }

    /// <summary>The key in the checkpoint.</summary>
    public string Name { get; }

    /// <summary>How elements are stored.</summary>
    public ElementType Type { get; }

    /// <summary>Sizes; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => _shape;

    /// <summary>Number of elements.</summary>
    public long ElementCount { get; }

    /// <summary>Bytes of all elements.</summary>
    public long ByteCount => ElementCount * Type.Size();

    /// <summary>The file that holds the bytes.</summary>
    public string FilePath => _file.FilePath;

    /// <summary>
    /// True when the elements lie in row-major order without gaps, so that <see cref="Pointer"/> and <see cref="Bytes"/> may be used.
    /// </summary>
    public bool IsContiguous => _strides is null;

    /// <summary>The bytes in the file, little-endian and without any alignment guarantee.</summary>
    /// <exception cref="InvalidOperationException">The tensor is not contiguous, or has more than 2^31 bytes.</exception>
    /// <exception cref="CheckpointException">The bytes do not match their checksum.</exception>
    public ReadOnlySpan<byte> Bytes => new(Pointer, checked((int)ByteCount));

    /// <summary>The address of the first of <see cref="ByteCount"/> bytes in the mapped file.</summary>
    /// <exception cref="InvalidOperationException">The tensor is not contiguous.</exception>
    /// <exception cref="CheckpointException">The bytes do not match their checksum.</exception>
    public byte* Pointer
    {
        get
        {
            if (!IsContiguous) throw new InvalidOperationException($"{Name} does not lie in one piece: copy it");
            Verify();
            return _file.Pointer(_offset, ByteCount);
        }
    }

    /// <summary>Copies all elements as floats in row-major order, converting other types (see <see cref="ElementConversion"/>).</summary>
    /// <param name="destination">Takes <see cref="ElementCount"/> floats.</param>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    /// <exception cref="CheckpointException">The bytes do not match their checksum.</exception>
    public void CopyTo(Span<float> destination)
    {
        fixed (float* start = destination) CopyTo(start, destination.Length);
    }

    /// <summary>Copies all elements as floats to memory owned by others, such as a tensor's own buffer.</summary>
    /// <param name="destination">The address of the first float.</param>
    /// <param name="elements">Must equal <see cref="ElementCount"/>.</param>
    /// <inheritdoc cref="CopyTo(Span{float})" path="/exception"/>
    public void CopyTo(float* destination, long elements)
    {
        RequireCount(elements);
        if (ByteCount >= AdviseFromBytes) MemoryAdvice.WillFill(destination, elements * sizeof(float));
        ForEachChunk((bytes, start, count) => ElementConversion.ToSingle(Type, bytes, new Span<float>(destination + start, count)));
    }

    /// <summary>Copies the stored bytes in row-major order, without conversion.</summary>
    /// <param name="destination">Takes <see cref="ByteCount"/> bytes.</param>
    /// <inheritdoc cref="CopyTo(Span{float})" path="/exception"/>
    public void CopyBytesTo(Span<byte> destination)
    {
        if (destination.Length != ByteCount)
            throw new ArgumentException(Invariant($"{Name} has {ByteCount} bytes, not {destination.Length}"), nameof(destination));
        fixed (byte* start = destination)
        {
            byte* target = start;
            ForEachChunk((bytes, first, _) => bytes.CopyTo(new Span<byte>(target + (first * Type.Size()), bytes.Length)));
        }
    }

    /// <summary>All elements as floats.</summary>
    /// <exception cref="CheckpointException">The bytes do not match their checksum.</exception>
    public float[] ToSingles()
    {
        float[] values = new float[ElementCount];
        CopyTo(values);
        return values;
    }

    /// <summary>All elements of an integer or boolean tensor.</summary>
    /// <exception cref="CheckpointException">The tensor holds floats, or its bytes do not match their checksum.</exception>
    public long[] ToInt64s()
    {
        if (Type.IsFloatingPoint() || Type == ElementType.U64)
            throw new CheckpointException(FilePath, $"{Name} holds {Type} where integers are needed");
        long[] values = new long[ElementCount];
        ForEachChunk((bytes, start, count) => ElementConversion.ToInt64(Type, bytes, values.AsSpan((int)start, count)));
        return values;
    }

    /// <summary>The same elements under another key.</summary>
    internal StoredTensor Renamed(string name) => new(_file, name, Type, _shape, _offset, _strides, _checksum);

    /// <summary>The transposed view of a matrix (or of the last two axes): nothing is copied until it is read.</summary>
    internal StoredTensor Transposed()
    {
        long[] shape = [.. _shape], strides = [.. _strides ?? TensorShape.RowMajorStrides(_shape)];
        (shape[^1], shape[^2], strides[^1], strides[^2]) = (shape[^2], shape[^1], strides[^2], strides[^1]);
        return new(_file, Name, Type, shape, _offset, strides, _checksum);
    }

    /// <summary>“name F32 [2, 3]”.</summary>
    public override string ToString() => $"{Name} {Type} {TensorShape.Format(_shape)}";

    private delegate void ChunkAction(ReadOnlySpan<byte> bytes, long start, int count);

    private void ForEachChunk(ChunkAction action)
    {
        Verify();
        if (_strides is null) ForEachChunkInPlace(action);
        else ForEachChunkGathered(_strides, action);
    }

    /// <summary>Large tensors go block by block: the pages of a block are mapped at once, and handed back when it has been read.</summary>
    private void ForEachChunkInPlace(ChunkAction action)
    {
        int size = Type.Size();
        byte* source = _file.Pointer(_offset, ByteCount);
        for (long block = 0; block < ElementCount; block += BlockElements)
        {
            long end = Math.Min(block + BlockElements, ElementCount), bytes = (end - block) * size;
            if (ByteCount >= AdviseFromBytes) MemoryAdvice.WillRead(source + (block * size), bytes);
            for (long start = block; start < end; start += ChunkElements)
            {
                int count = (int)Math.Min(ChunkElements, end - start);
                action(new ReadOnlySpan<byte>(source + (start * size), count * size), start, count);
            }

            if (ByteCount >= AdviseFromBytes) MemoryAdvice.HasRead(source + (block * size), bytes);
        }
    }

    private void ForEachChunkGathered(long[] strides, ChunkAction action)
    {
        int size = Type.Size();
        byte* source = _file.Pointer(_offset, TensorShape.Extent(_shape, strides) * size);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ChunkElements * size);
        StridedCursor cursor = new(_shape, strides);
        for (long start = 0; start < ElementCount; start += ChunkElements)
        {
            int count = (int)Math.Min(ChunkElements, ElementCount - start);
            cursor.Gather(source, size, buffer.AsSpan(0, count * size));
            action(buffer.AsSpan(0, count * size), start, count);
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    private void RequireCount(long elements)
    {
        if (elements != ElementCount)
            throw new ArgumentException(Invariant($"{this} has {ElementCount} elements, not {elements}"), nameof(elements));
    }

    private void Verify()
    {
        if (_checksum is not { } expected || _checked) return;
        long bytes = _strides is null ? ByteCount : TensorShape.Extent(_shape, _strides) * Type.Size();
        if (Crc32C.Compute(_file, _offset, bytes) != expected)
            throw new CheckpointException(FilePath, $"the bytes of {Name} do not match their checksum: the file is damaged");
        _checked = true;
    }
}
