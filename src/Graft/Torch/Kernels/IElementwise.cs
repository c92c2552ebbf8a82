using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Graft.Torch.Kernels;

/// <summary>An elementwise function of one argument on vectors.</summary>
internal interface IElementwise
{
    /// <summary>The value.</summary>
    static abstract Vector256<float> Value(Vector256<float> x);

    /// <summary>The derivative.</summary>
    static abstract Vector256<float> Slope(Vector256<float> x);
}

/// <summary>GELU with the exact normal distribution.</summary>
internal readonly struct GeluErf : IElementwise
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Value(Vector256<float> x) => VectorMath.GeluErf(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Slope(Vector256<float> x) => VectorMath.GeluErfSlope(x);
}

/// <summary>GELU's tanh approximation.</summary>
internal readonly struct GeluTanh : IElementwise
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Value(Vector256<float> x) => VectorMath.GeluTanh(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Slope(Vector256<float> x) => VectorMath.GeluTanhSlope(x);
}

/// <summary>x·σ(x).</summary>
internal readonly struct Silu : IElementwise
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Value(Vector256<float> x) => VectorMath.Silu(x);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Slope(Vector256<float> x) => VectorMath.SiluSlope(x);
}
