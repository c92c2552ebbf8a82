using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Products;

/// <summary>
/// A weight in 8 bits, rounded once: q = round(w / s) in −127 … 127 with a scale s = max|w| / 127 a column of the product (a row of the
/// weight), in oneDNN's own order.
/// </summary>
internal sealed class Int8Weight : IDisposable
{
    private const double Steps = 127;

    private Int8Weight(Tensor packed, Tensor scales, Tensor sums)
    {
        (Packed, Scales, Sums) = (packed, scales, sums);
        Zeros = zeros([scales.shape[0]], ScalarType.Int64).DetachFromDisposeScope();
        One = ones([1], ScalarType.Float32).DetachFromDisposeScope();
        Zero = zeros([1], ScalarType.Int64).DetachFromDisposeScope();
        (Outputs, Inputs) = ((int)scales.shape[0], 0);
    }

    /// <summary>Width of what enters.</summary>
    public int Inputs { get; private init; }

    /// <summary>Width of what leaves.</summary>
    public int Outputs { get; }

    /// <summary>The bytes in oneDNN's order.</summary>
    public Tensor Packed { get; }

    /// <summary>[out], fp32.</summary>
    public Tensor Scales { get; }

    /// <summary>[out], fp32: the sum over the inputs of the rounded weight.</summary>
    public Tensor Sums { get; }

    /// <summary>[out], int64: columns have no zero point.</summary>
    public Tensor Zeros { get; }

    /// <summary>The scale that the library is told for the rows: each has its own, which comes afterwards.</summary>
    public Tensor One { get; }

    /// <summary>The zero point of the rows.</summary>
    public Tensor Zero { get; }

    /// <summary>Rounds a weight.</summary>
    /// <param name="weight">[out, in], fp32, any strides.</param>
    public static Int8Weight Of(Tensor weight)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor values = weight.detach().contiguous();
        Tensor most = values.abs().amax([1]).clamp(min: 1e-30) / Steps; // [out]
        Tensor rounded = (values / most.unsqueeze(1)).round().clamp(-Steps, Steps);
        Tensor sums = rounded.to(ScalarType.Float64).sum(1).mul(most.to(ScalarType.Float64)).to(ScalarType.Float32);
        Tensor packed = Dispatcher.PrepackInt8Weight(rounded.to(ScalarType.Int8));
        return new Int8Weight(packed.DetachFromDisposeScope(), most.DetachFromDisposeScope(), sums.DetachFromDisposeScope())
        {
            Inputs = (int)values.shape[1],
        };
    }

    /// <summary>Releases the bytes.</summary>
    public void Dispose()
    {
        foreach (Tensor tensor in new[] { Packed, Scales, Sums, Zeros, One, Zero }) tensor.Dispose();
    }
}
