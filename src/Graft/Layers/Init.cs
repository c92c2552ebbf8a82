using System.Text;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>How a parameter begins: normal draws (cut off where the family does so), or a constant; a row may be zero (padding).</summary>
/// <param name="Deviation">Standard deviation of the draws; 0 for a constant.</param>
/// <param name="Constant">The value where nothing is drawn.</param>
/// <param name="Cutoff">Draws beyond this many standard deviations are drawn again; 0 for none.</param>
/// <param name="ZeroRow">A row that is zero.</param>
public readonly record struct Init(double Deviation, float Constant = 0, double Cutoff = 0, long? ZeroRow = null)
{
    /// <summary>Draws are made in blocks of this many, each with a stream of its own, so that threads change nothing.</summary>
    private const int Block = 1 << 14;

    /// <summary>All zeros.</summary>
    public static Init Zeros => default;

    /// <summary>All ones.</summary>
    public static Init Ones => new(0, 1);

    /// <summary>Normal draws of a standard deviation.</summary>
    public static Init Normal(double deviation, long? zeroRow = null) => new(deviation, ZeroRow: zeroRow);

    /// <summary>Fills a parameter; the values depend on the seed, the parameter's name and its size only.</summary>
    public unsafe void Fill(Parameter parameter, string name, ulong seed)
    {
        using IDisposable noGradient = no_grad();
        long count = parameter.numel();
        nint address = (nint)Dispatcher.Data(parameter);
        ulong key = CounterRandom.Key(seed, NameKey(name));
        Init init = this;
        KernelThreads.For((count + Block - 1) / Block, 1, (begin, end) =>
        {
            for (long block = begin; block < end; block++)
            {
                long start = block * Block;
                init.Fill(
                    new Span<float>((float*)address + start, (int)Math.Min(Block, count - start)),
                    CounterRandom.Key(key, (ulong)block)
                );
            }
        });
        if (ZeroRow is long row && row >= 0 && row < parameter.shape[0])
        {
            long width = count / parameter.shape[0];
            new Span<float>((float*)address + (row * width), (int)width).Clear();
        }
    }

    private void Fill(Span<float> values, ulong key)
    {
        if (Deviation == 0)
        {
            values.Fill(Constant);
            return;
        }

        CounterRandom random = new(key);
        for (int i = 0; i < values.Length; i++)
        {
            double draw = random.NextNormal();
            while (Cutoff > 0 && Math.Abs(draw) > Cutoff) draw = random.NextNormal();
            values[i] = (float)(draw * Deviation);
        }
    }

    /// <summary>A number of a name that is the same in every process (FNV-1a).</summary>
    private static ulong NameKey(string name)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (byte b in Encoding.UTF8.GetBytes(name)) hash = (hash ^ b) * 0x100000001B3;
        return hash;
    }
}
