using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Graft.Torch;

/// <summary>What a kernel needs to make the masks of a site again: probability, site and the rows' keys.</summary>
internal sealed class RowDropout
{
    private readonly ulong[] _keys;
    private readonly int _site;

    private RowDropout(ulong[] keys, int site, DropoutMask mask)
    {
        _keys = keys;
        _site = site;
        Mask = mask;
    }

    /// <summary>The mask generator of the probability.</summary>
    public DropoutMask Mask { get; }

    /// <summary>The dropout of a site for so many rows; null where nothing is dropped.</summary>
    public static RowDropout? Of(double probability, DropoutSite site, long rows) =>
        site.Drops(probability) ? new RowDropout(site.Plan!.Keys(rows), site.Number, DropoutMask.Of(probability)) : null;

    /// <summary>The random stream of a row.</summary>
    public ulong Stream(long row) => DropoutMask.Stream(_keys[row], _site);

    /// <summary>The random stream of a row's attention by one head.</summary>
    public ulong Stream(long row, int head) => DropoutMask.Stream(_keys[row], _site, head + 1);
}

internal static unsafe partial class Kernels
{
    /// <summary>y = x · factors (+ added) of one row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void DropRow(in DropoutMask mask, ulong stream, float* x, float* added, float* y, int width)
    {
        int i = 0;
        for (; i + 16 <= width; i += 16)
        {
            (Vector256<float> low, Vector256<float> high) = mask.Factors(stream, i);
            low *= Vector256.Load(x + i);
            high *= Vector256.Load(x + i + 8);
            if (added is not null)
            {
                low += Vector256.Load(added + i);
                high += Vector256.Load(added + i + 8);
            }

            low.Store(y + i);
            high.Store(y + i + 8);
        }

        for (; i < width; i++) y[i] = (x[i] * mask.Factor(stream, i)) + (added is null ? 0 : added[i]);
    }

    /// <summary>y = dropout(x) (+ added) of one row.</summary>
    public static void SumRow(RowDropout? dropout, long row, float* x, float* added, float* y, int width)
    {
        if (dropout is not null) DropRow(dropout.Mask, dropout.Stream(row), x, added, y, width);
        else if (added is not null) AddRow(x, added, y, width);
        else Buffer.MemoryCopy(x, y, (long)width * sizeof(float), (long)width * sizeof(float));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddRow(float* x, float* added, float* y, int width)
    {
        int i = 0;
        for (; i + 8 <= width; i += 8) (Vector256.Load(x + i) + Vector256.Load(added + i)).Store(y + i);
        for (; i < width; i++) y[i] = x[i] + added[i];
    }
}
