using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.DebertaV2;

/// <summary>DeBERTa's buckets of distance: exact up to half of them on each side, then logarithmic and rounded up.</summary>
internal static class LogBuckets
{
    /// <summary>The signed bucket of query − key for each pair, int64 [T, T].</summary>
    /// <param name="tokens">T.</param>
    /// <param name="buckets">On each side; 0 leaves distances as they are.</param>
    /// <param name="maxDistance">From here on all distances share the last bucket.</param>
    public static Tensor Of(long tokens, int buckets, int maxDistance)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor distance = arange(tokens, ScalarType.Int64).unsqueeze(1) - arange(tokens, ScalarType.Int64).unsqueeze(0);
        if (buckets <= 0) return distance.MoveToOuterDisposeScope();
        int exact = buckets / 2;
        Tensor size = distance.abs().clamp(min: exact - 1).to(ScalarType.Float32);
        using Tensor span = tensor((float)(maxDistance - 1) / exact).log(); // in fp32, as the reference computes it
        Tensor far = ((size / exact).log() / span * (exact - 1)).ceil() + exact;
        Tensor bucket = where(distance.abs().le(exact), distance.to(ScalarType.Float32), far * distance.sign().to(ScalarType.Float32));
        return bucket.to(ScalarType.Int64).MoveToOuterDisposeScope();
    }
}
