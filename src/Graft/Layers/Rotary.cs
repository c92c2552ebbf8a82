using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>
/// Rotary position embedding (Su et al. 2021): pairs (i, i + N/2) of each head are turned by position · theta^(−2i/N), so that scores
/// depend on distances. Made once a batch for each theta.
/// </summary>
internal sealed class Rotary
{
    private readonly Tensor _cos;
    private readonly Tensor _sin;

    /// <param name="positions">Int64, [1 or B, T] or [tokens] when packed.</param>
    /// <param name="size">N.</param>
    /// <param name="theta">The base of the frequencies.</param>
    /// <param name="divisor">Every frequency is divided by it.</param>
    public Rotary(Tensor positions, int size, double theta, double divisor = 1)
    {
        Tensor exponents = arange(0, size, 2, ScalarType.Int64).to(ScalarType.Float32) / size;
        Tensor frequencies = 1.0 / pow(theta, exponents); // [N/2]
        if (divisor != 1) frequencies = frequencies / divisor;
        Tensor angles = positions.to(ScalarType.Float32).unsqueeze(-1) * frequencies; // […, N/2]
        angles = angles.unsqueeze(positions.dim() == 2 ? 1 : -2); // heads: [B, 1, T, N/2] or [tokens, 1, N/2]
        (_cos, _sin) = (angles.cos(), angles.sin());
    }

    /// <summary>Turns queries or keys, [B, H, T, N] or [tokens, H, N].</summary>
    public Tensor Apply(Tensor x) => Ops.Rotate(x, _cos, _sin);
}
