using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Graft.Torch.Compute;
using Graft.Torch.Kernels;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Autograd;

/// <summary>Pairs (i, i + N/2) of every head turned by an angle of their token's own; backwards by the angle's opposite.</summary>
internal sealed unsafe class RotaryNode : GradientNode
{
    private readonly Tensor _cos, _sin;

    private RotaryNode(Tensor cos, Tensor sin) => (_cos, _sin) = (Keep(cos), Keep(sin));

    /// <summary>The operation; recorded where x wants a gradient.</summary>
    /// <param name="x">[B, H, T, N] or [tokens, H, N].</param>
    /// <param name="cos">[B or 1, 1, T, N/2] or [tokens, 1, N/2], contiguous.</param>
    /// <param name="sin">The same.</param>
    /// <returns>A tensor of x's shape, heads beside each other within a token.</returns>
    public static Tensor Run(Tensor x, Tensor cos, Tensor sin)
    {
        using Tensor values = x.detach();
        Tensor output = Turn(values, cos, sin, back: false);
        return IsNeeded(x) ? new RotaryNode(cos, sin).Record(output, x) : output;
    }

    /// <inheritdoc/>
    protected override Tensor?[] Backward(Tensor gradient) => [Turn(gradient, _cos, _sin, back: true)];

    private static Tensor Turn(Tensor x, Tensor cos, Tensor sin, bool back)
    {
        bool packed = x.dim() == 3;
        using Tensor? copy = HeadView.ReadableCopy(x);
        long[] shape = x.shape;
        long tokens = packed ? shape[0] : shape[2], heads = shape[1], batch = packed ? 1 : shape[0];
        int half = (int)shape[^1] / 2;
        bool shared = cos.numel() == tokens * half; // one row of angles for every text
        Tensor output;
        if (packed) output = empty(shape);
        else
        {
            using Tensor storage = empty(batch, tokens, heads, shape[3]);
            output = storage.transpose(1, 2);
        }

        HeadView from = new(copy ?? x, packed), to = new(output, packed);
        float* cosines = Dispatcher.Data(cos), sines = Dispatcher.Data(sin);
        KernelThreads.For(batch * tokens, 1 + (4096 / (heads * 2 * half)), (begin, end) =>
        {
            for (long row = begin; row < end; row++)
            {
                (long text, long token) = (row / tokens, row % tokens);
                long angle = (shared ? token : row) * half;
                for (long head = 0; head < heads; head++)
                    TurnHead(from.At(text, head, token), cosines + angle, sines + angle, to.At(text, head, token), half, back);
            }
        });
        return output;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TurnHead(float* x, float* cos, float* sin, float* y, int half, bool back)
    {
        float sign = back ? -1 : 1;
        int i = 0;
        for (; i + 8 <= half; i += 8)
        {
            Vector256<float> first = Vector256.Load(x + i),
                second = Vector256.Load(x + half + i),
                c = Vector256.Load(cos + i),
                s = Vector256.Load(sin + i) * sign;
            ((first * c) - (second * s)).Store(y + i);
            ((second * c) + (first * s)).Store(y + half + i);
        }

        for (; i < half; i++)
        {
            (float first, float second, float c, float s) = (x[i], x[half + i], cos[i], sin[i] * sign);
            (y[i], y[half + i]) = ((first * c) - (second * s), (second * c) + (first * s));
        }
    }
}
