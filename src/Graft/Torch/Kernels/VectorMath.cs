using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Graft.Torch.Kernels;

/// <summary>Elementary functions on eight floats, within a few units in the last place of fp32.</summary>
internal static class VectorMath
{
    private const float InverseRootTwo = 0.70710678f, InverseRootTwoPi = 0.39894228f, RootTwoOverPi = 0.79788456f, Cubic = 0.044715f;

    /// <summary>eˣ; 0 below −87.3, never more than e^88.3.</summary>
    /// <remarks>x = n·ln 2 + r, |r| ≤ ln 2 / 2; eʳ = 1 + r + r²·p(r), p fitted at Chebyshev nodes (relative error below 2e-8).</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Exp(Vector256<float> x)
    {
        Vector256<float> nonzero = Vector256.GreaterThan(x, Vector256.Create(-87.3f));
        x = Vector256.Min(Vector256.Max(x, Vector256.Create(-87.3f)), Vector256.Create(88.3f));
        Vector256<float> n = Vector256.Floor(Vector256.MultiplyAddEstimate(x, Vector256.Create(1.44269504f), Vector256.Create(0.5f)));
        Vector256<float> r = Vector256.MultiplyAddEstimate(n, Vector256.Create(-0.693359375f), x);
        r = Vector256.MultiplyAddEstimate(n, Vector256.Create(2.12194440e-4f), r);
        Vector256<float> p = Vector256.Create(0.00139261759f);
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(0.00836317334f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(0.0416665561f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(0.166665778f));
        p = Vector256.MultiplyAddEstimate(p, r, Vector256.Create(0.5f));
        p = Vector256.MultiplyAddEstimate(p, r * r, r) + Vector256<float>.One;
        Vector256<int> exponent = Vector256.ConvertToInt32Native(n) << 23;
        return (p.AsInt32() + exponent).AsSingle() & nonzero;
    }

    /// <summary>The normal distribution Φ(x) and its density φ(x).</summary>
    /// <remarks>
    /// Φ(−|x|) = ½·e^(−x²/2)·s·q(s) with s = 1/(1 + 0.28·|x|/√2): q is erfc(t)·e^(t²)/s fitted at Chebyshev nodes (relative error below
    /// 1e-8), so the tail keeps its relative precision.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector256<float> Distribution, Vector256<float> Density) Normal(Vector256<float> x)
    {
        Vector256<float> t = Vector256.Abs(x) * InverseRootTwo;
        Vector256<float> s = Vector256<float>.One / Vector256.MultiplyAddEstimate(t, Vector256.Create(0.28f), Vector256<float>.One);
        Vector256<float> q = Vector256.Create(-0.0973805338f);
        q = Vector256.MultiplyAddEstimate(q, s, Vector256.Create(0.352813154f));
        q = Vector256.MultiplyAddEstimate(q, s, Vector256.Create(-0.340230823f));
        q = Vector256.MultiplyAddEstimate(q, s, Vector256.Create(0.326901704f));
        q = Vector256.MultiplyAddEstimate(q, s, Vector256.Create(0.0280900598f));
        q = Vector256.MultiplyAddEstimate(q, s, Vector256.Create(0.112224951f));
        q = Vector256.MultiplyAddEstimate(q, s, Vector256.Create(0.15415366f));
        q = Vector256.MultiplyAddEstimate(q, s, Vector256.Create(0.146733448f));
        q = Vector256.MultiplyAddEstimate(q, s, Vector256.Create(0.158771574f));
        q = Vector256.MultiplyAddEstimate(q, s, Vector256.Create(0.157922819f));
        Vector256<float> bell = Exp(x * x * -0.5f);
        Vector256<float> tail = q * s * bell * 0.5f;
        Vector256<float> distribution = Vector256.ConditionalSelect(
            Vector256.GreaterThan(x, Vector256<float>.Zero),
            Vector256<float>.One - tail,
            tail
        );
        return (distribution, bell * InverseRootTwoPi);
    }

    /// <summary>σ(x) = 1 / (1 + e^−x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Sigmoid(Vector256<float> x) => Vector256<float>.One / (Vector256<float>.One + Exp(-x));

    /// <summary>x·Φ(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> GeluErf(Vector256<float> x) => x * Normal(x).Distribution;

    /// <summary>The derivative of <see cref="GeluErf"/>: Φ(x) + x·φ(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> GeluErfSlope(Vector256<float> x)
    {
        (Vector256<float> distribution, Vector256<float> density) = Normal(x);
        return Vector256.MultiplyAddEstimate(x, density, distribution);
    }

    /// <summary>½·x·(1 + tanh u) = x·σ(2u) with u = √(2/π)·(x + 0.044715·x³).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> GeluTanh(Vector256<float> x) => x * Sigmoid(Inner(x));

    /// <summary>The derivative of <see cref="GeluTanh"/>: σ + x·σ·(1 − σ)·(2u)′.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> GeluTanhSlope(Vector256<float> x)
    {
        x = Vector256.Min(Vector256.Max(x, Vector256.Create(-30f)), Vector256.Create(30f)); // beyond, the slope is exactly 0 or 1
        Vector256<float> sigmoid = Sigmoid(Inner(x));
        Vector256<float> slope = Vector256.MultiplyAddEstimate(
            x * x,
            Vector256.Create(6 * RootTwoOverPi * Cubic),
            Vector256.Create(2 * RootTwoOverPi)
        );
        return sigmoid + (x * sigmoid * (Vector256<float>.One - sigmoid) * slope);
    }

    /// <summary>x·σ(x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Silu(Vector256<float> x) => x * Sigmoid(x);

    /// <summary>The derivative of <see cref="Silu"/>: σ·(1 + x·(1 − σ)).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> SiluSlope(Vector256<float> x)
    {
        Vector256<float> sigmoid = Sigmoid(x);
        return sigmoid * (Vector256<float>.One + (x * (Vector256<float>.One - sigmoid)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Inner(Vector256<float> x) =>
        x * Vector256.MultiplyAddEstimate(x * x, Vector256.Create(2 * RootTwoOverPi * Cubic), Vector256.Create(2 * RootTwoOverPi));
}
