using System.Runtime.InteropServices;
using static System.FormattableString;

namespace Graft.Checkpoints;

/// <summary>A tensor on its way to a file: its header, and a way to write its bytes when their turn comes.</summary>
internal sealed class TensorToWrite
{
    /// <summary>Long runs are written in pieces of this many bytes: a multiple of every element size.</summary>
    private const int PieceBytes = 1 << 24;

    private readonly Action<Stream> _write;

    /// <summary>Creates the tensor.</summary>
    /// <param name="name">The key in the file.</param>
    /// <param name="type">How the elements are stored.</param>
    /// <param name="shape">Sizes; empty for a scalar.</param>
    /// <param name="write">Writes exactly the elements' bytes, little-endian and in row-major order.</param>
    public TensorToWrite(string name, ElementType type, ReadOnlySpan<long> shape, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(write);
        if (!TensorShape.TryCountBytes(shape, type, out long bytes))
            throw new ArgumentException($"{TensorShape.Format(shape)} is not a shape", nameof(shape));
        Name = name;
        Type = type;
        Shape = shape.ToArray();
        ByteCount = bytes;
        _write = write;
    }

    /// <summary>The key in the file.</summary>
    public string Name { get; }

    /// <summary>How the elements are stored.</summary>
    public ElementType Type { get; }

    /// <summary>Sizes; empty for a scalar.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>Bytes of all elements.</summary>
    public long ByteCount { get; }

    /// <summary>A tensor of floats; the memory is read when the file is written.</summary>
    public static TensorToWrite FromSingles(string name, ReadOnlySpan<long> shape, ReadOnlyMemory<float> values)
    {
        TensorToWrite tensor = new(name, ElementType.F32, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));
        return tensor.ByteCount == values.Length * (long)sizeof(float) ? tensor : throw WrongLength(tensor, values.Length);
    }

    /// <summary>A tensor of 64-bit integers; the memory is read when the file is written.</summary>
    public static TensorToWrite FromInt64s(string name, ReadOnlySpan<long> shape, ReadOnlyMemory<long> values)
    {
        TensorToWrite tensor = new(name, ElementType.I64, shape, stream => stream.Write(MemoryMarshal.AsBytes(values.Span)));
        return tensor.ByteCount == values.Length * (long)sizeof(long) ? tensor : throw WrongLength(tensor, values.Length);
    }

    /// <summary>A tensor in memory owned by others, which must stay valid and unchanged until the file is written.</summary>
    /// <param name="name">The key in the file.</param>
    /// <param name="type">How the elements lie in memory and in the file.</param>
    /// <param name="shape">Sizes; empty for a scalar.</param>
    /// <param name="address">The address of the first element; the elements lie in row-major order without gaps.</param>
    public static TensorToWrite FromAddress(string name, ElementType type, ReadOnlySpan<long> shape, nint address)
    {
        long bytes = TensorShape.Count(shape) * type.Size();
        return new(name, type, shape, stream => WriteMemory(stream, address, bytes));
    }

    /// <summary>A tensor of another checkpoint, with its stored type kept.</summary>
    public static TensorToWrite From(StoredTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return new(tensor.Name, tensor.Type, tensor.Shape, stream =>
        {
            if (tensor.IsContiguous)
            {
                WriteMemory(stream, Address(tensor), tensor.ByteCount);
                return;
            }

            byte[] bytes = new byte[tensor.ByteCount];
            tensor.CopyBytesTo(bytes);
            stream.Write(bytes);
        });
    }

    /// <summary>Writes the elements.</summary>
    internal void WriteTo(Stream stream) => _write(stream);

    private static unsafe nint Address(StoredTensor tensor) => (nint)tensor.Pointer;

    private static unsafe void WriteMemory(Stream stream, nint address, long bytes)
    {
        for (long done = 0; done < bytes; done += PieceBytes)
            stream.Write(new ReadOnlySpan<byte>((byte*)address + done, (int)Math.Min(PieceBytes, bytes - done)));
    }

    private static ArgumentException WrongLength(TensorToWrite tensor, int values) =>
        new(Invariant($"{tensor.Name}: {TensorShape.Format([.. tensor.Shape])} does not take {values} elements"), nameof(values));
}
