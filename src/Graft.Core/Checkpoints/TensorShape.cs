using System.Globalization;
using System.Runtime.InteropServices;

namespace Graft.Checkpoints;

/// <summary>Arithmetic on the sizes and strides of tensors, safe for sizes that come from a file.</summary>
internal static class TensorShape
{
    /// <summary>The product of the sizes. Only for shapes that passed <see cref="TryCountBytes"/>.</summary>
    public static long Count(ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (long size in shape) count = checked(count * size);
        return count;
    }

    /// <summary>The bytes of a tensor; false when a size is negative or the product passes 63 bits.</summary>
    public static bool TryCountBytes(ReadOnlySpan<long> shape, ElementType type, out long bytes)
    {
        bytes = 0;
        Int128 product = type.Size();
        foreach (long size in shape)
        {
            if (size < 0) return false;
            // Each factor and the product so far fit 63 bits, so 128 always hold the next product. A later zero cannot undo an overflow.
            product *= size;
            if (product > long.MaxValue) return false;
        }

        bytes = (long)product;
        return true;
    }

    /// <summary>[2, 3, 4] → [12, 4, 1].</summary>
    public static long[] RowMajorStrides(ReadOnlySpan<long> shape)
    {
        long[] strides = new long[shape.Length];
        long stride = 1;
        for (int axis = shape.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = stride;
            stride *= Math.Max(1, shape[axis]);
        }

        return strides;
    }

    /// <summary>True when the strides are row-major; those of axes of size 1 do not matter, and an empty tensor has none that do.</summary>
    public static bool IsContiguous(ReadOnlySpan<long> shape, ReadOnlySpan<long> strides)
    {
        long expected = 1;
        for (int axis = shape.Length - 1; axis >= 0; axis--)
        {
            if (shape[axis] == 0) return true;
            if (shape[axis] != 1 && strides[axis] != expected) return false;
            expected *= shape[axis];
        }

        return true;
    }

    /// <summary>Elements from the first to the last one that a view touches. Only for views that passed <see cref="TryExtent"/>.</summary>
    public static long Extent(ReadOnlySpan<long> shape, ReadOnlySpan<long> strides) =>
        TryExtent(shape, strides, out long extent) ? extent : throw new OverflowException("a view of more than 2^63 elements");

    /// <summary>
    /// Elements from the first to the last one that a view touches; false when a stride is negative or the extent passes 63 bits.
    /// </summary>
    public static bool TryExtent(ReadOnlySpan<long> shape, ReadOnlySpan<long> strides, out long extent)
    {
        extent = 0;
        Int128 last = 0;
        for (int axis = 0; axis < shape.Length; axis++)
        {
            if (strides[axis] < 0) return false;
            if (shape[axis] == 0) return true;
            last += (Int128)(shape[axis] - 1) * strides[axis];
            if (last >= long.MaxValue) return false;
        }

        extent = (long)last + 1;
        return true;
    }

    /// <summary>“[2, 3]”.</summary>
    public static string Format(ReadOnlySpan<long> shape)
    {
        string[] sizes = new string[shape.Length];
        for (int axis = 0; axis < sizes.Length; axis++) sizes[axis] = shape[axis].ToString(CultureInfo.InvariantCulture);
        return $"[{string.Join(", ", sizes)}]";
    }
}

/// <summary>Walks a strided tensor in row-major order, a run of elements at a time.</summary>
internal sealed unsafe class StridedCursor(long[] shape, long[] strides)
{
    private readonly long[] _index = new long[shape.Length];
    private long _position;

    /// <summary>
    /// Copies the next elements of <paramref name="source"/> (address of the first element of the tensor) to
    /// <paramref name="destination"/>.
    /// </summary>
    public void Gather(byte* source, int elementSize, Span<byte> destination)
    {
        switch (elementSize)
        {
            case 1: Gather((byte*)source, destination); break;
            case 2: Gather((ushort*)source, MemoryMarshal.Cast<byte, ushort>(destination)); break;
            case 4: Gather((uint*)source, MemoryMarshal.Cast<byte, uint>(destination)); break;
            default: Gather((ulong*)source, MemoryMarshal.Cast<byte, ulong>(destination)); break;
        }
    }

    private void Gather<T>(T* source, Span<T> destination)
        where T : unmanaged
    {
        int last = shape.Length - 1;
        long stride = strides[last];
        for (int filled = 0; filled < destination.Length;)
        {
            int run = (int)Math.Min(destination.Length - filled, shape[last] - _index[last]);
            T* from = source + _position;
            foreach (ref T element in destination.Slice(filled, run))
            {
                element = *from;
                from += stride;
            }

            filled += run;
            Advance(run);
        }
    }

    /// <summary>Moves along the last axis and carries into the axes before it.</summary>
    private void Advance(long elements)
    {
        int axis = shape.Length - 1;
        _index[axis] += elements;
        _position += elements * strides[axis];
        for (; axis > 0 && _index[axis] == shape[axis]; axis--)
        {
            _position -= _index[axis] * strides[axis];
            _index[axis] = 0;
            _index[axis - 1]++;
            _position += strides[axis - 1];
        }
    }
}
