using Graft.Torch.Autograd;
using Graft.Torch.Dropout;
using Graft.Torch.Kernels;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Torch.Operations;

internal static partial class Ops
{
    /// <summary>softmax(scale · q·kᵀ + mask + bias), dropped, times v.</summary>
    /// <param name="q">[B, H, T, N] padded or [tokens, H, N] packed; any strides with the last 1.</param>
    /// <param name="k">The same for the keys (their length may differ).</param>
    /// <param name="v">The same for the values.</param>
    /// <param name="layout">Padded or packed, mask, causal, window.</param>
    /// <param name="scale">What the products are multiplied by: 1/√N in most families, 1 in T5.</param>
    /// <param name="bias">Added to the scores, [B or 1, H or 1, Tq, Tk] (packed: [1, H or 1, longest, longest]); null for none.
    /// Differentiable.</param>
    /// <param name="dropout">The share of probabilities dropped.</param>
    /// <param name="site">Where in the model; none in evaluation.</param>
    /// <returns>A tensor of q's shape. In memory heads lie beside each other within a token, so joining them costs nothing.</returns>
    public static Tensor Attention(
        Tensor q,
        Tensor k,
        Tensor v,
        AttentionLayout layout,
        double scale,
        Tensor? bias = null,
        double dropout = 0,
        DropoutSite site = default
    )
    {
        if (SmallProduct.IsAvailable && OwnKernels.Apply(q, k, v, layout.Mask, bias))
            return AttentionNode.Run(q, k, v, layout, scale, bias, dropout, site);
        if (!layout.IsPacked)
            return AttentionWithProbabilities(q, k, v, layout, scale, bias, dropout, site).Output;
        int[] rows = layout.Boundaries!,
            keyRows = layout.KeyBoundaries!;
        List<Tensor> outputs = [];
        for (int s = 0; s + 1 < rows.Length; s++)
        {
            (int from, int to, int keyFrom, int keyTo) = (rows[s], rows[s + 1], keyRows[s], keyRows[s + 1]);
            Tensor one = q.slice(0, from, to, 1).transpose(0, 1).unsqueeze(0); // [t, H, N] → [1, H, t, N]
            Tensor oneKey = k.slice(0, keyFrom, keyTo, 1).transpose(0, 1).unsqueeze(0);
            Tensor oneValue = v.slice(0, keyFrom, keyTo, 1).transpose(0, 1).unsqueeze(0);
            Tensor? oneBias = bias?.slice(-2, 0, to - from, 1).slice(-1, 0, keyTo - keyFrom, 1);
            AttentionLayout padded = AttentionLayout.Padded(null, layout.Causal, layout.Window);
            (Tensor output, _) = AttentionWithProbabilities(one, oneKey, oneValue, padded, scale, oneBias, dropout, site, from, q.shape[0]);
            outputs.Add(output.squeeze(0).transpose(0, 1)); // [1, H, t, N] → [t, H, N]
        }

        return cat(outputs, 0);
    }

    /// <summary>The same from plain products, with the probabilities (before dropout) beside the output; padded layout only.</summary>
    /// <returns>Output [B, H, T, N] and probabilities [B, H, T, Tk].</returns>
    /// <inheritdoc cref="Attention"/>
    public static (Tensor Output, Tensor Probabilities) AttentionWithProbabilities(
        Tensor q,
        Tensor k,
        Tensor v,
        AttentionLayout layout,
        double scale,
        Tensor? bias = null,
        double dropout = 0,
        DropoutSite site = default
    )
    {
        if (layout.IsPacked) throw new ArgumentException("probabilities are given for the padded layout only", nameof(layout));
        return AttentionWithProbabilities(q, k, v, layout, scale, bias, dropout, site, 0, q.shape[0] * q.shape[2]);
    }

    private static (Tensor Output, Tensor Probabilities) AttentionWithProbabilities(
        Tensor q,
        Tensor k,
        Tensor v,
        AttentionLayout layout,
        double scale,
        Tensor? bias,
        double dropout,
        DropoutSite site,
        int firstRow,
        long rows
    )
    {
        (long batch, long heads, long tokens, long size, long keyTokens) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3], k.shape[2]);
        if (k.shape[3] != size || v.shape[2] != keyTokens || k.shape[1] != heads || k.shape[0] != batch)
            throw new ArgumentException($"attention: queries {q.ShapeText()} do not fit keys {k.ShapeText()}", nameof(k));
        Tensor scores = bmm((q * scale).reshape(-1, tokens, size), k.reshape(-1, keyTokens, size).transpose(1, 2))
            .view(batch, heads, tokens, keyTokens);
        if (bias is not null) scores = scores + bias;
        if (layout.Mask is not null) scores = scores + layout.Mask;
        using Tensor? reach = Reach(layout, tokens, keyTokens);
        if (reach is not null) scores = scores + reach;
        Tensor probabilities = functional.softmax(scores, -1);
        Tensor dropped = site.Drops(dropout)
            ? probabilities * ProbabilityFactors(batch, heads, tokens, keyTokens, dropout, site, firstRow, rows)
            : probabilities;
        Tensor output = bmm(dropped.reshape(-1, tokens, keyTokens), v.reshape(-1, keyTokens, v.shape[3]))
            .view(batch, heads, tokens, v.shape[3]);
        return (output.transpose(1, 2).contiguous().transpose(1, 2), probabilities);
    }

    /// <summary>The additive mask [Tq, Tk] of a causal or windowed layout; null where every key is in reach.</summary>
    private static Tensor? Reach(AttentionLayout layout, long tokens, long keyTokens)
    {
        if (!layout.Causal && layout.Window is null) return null;
        float[] values = new float[tokens * keyTokens];
        for (long i = 0; i < tokens; i++)
        {
            long position = i + keyTokens - tokens; // with cached keys the queries are the last ones
            for (long j = 0; j < keyTokens; j++)
            {
                bool seen = (!layout.Causal || j <= position) && (layout.Window is not int window || Math.Abs(position - j) <= window);
                if (!seen) values[(i * keyTokens) + j] = AttentionLayout.Masked;
            }
        }

        return tensor(values, [tokens, keyTokens]);
    }

    private static Tensor ProbabilityFactors(
        long batch, long heads, long tokens, long keyTokens, double dropout, DropoutSite site, int firstRow, long rows)
    {
        ulong[] keys = site.Plan!.Keys(rows);
        DropoutMask mask = DropoutMask.Of(dropout);
        Tensor factors = zeros([batch, heads, tokens, keyTokens], ScalarType.Float32);
        Span<float> values = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(factors.bytes);
        for (int b = 0; b < batch; b++)
        {
            for (int h = 0; h < heads; h++)
            {
                for (int t = 0; t < tokens; t++)
                {
                    int row = (int)((((b * heads) + h) * tokens) + t);
                    ulong stream = DropoutMask.Stream(keys[firstRow + (b * (int)tokens) + t], site.Number, h + 1);
                    mask.Fill(stream, values.Slice(row * (int)keyTokens, (int)keyTokens));
                }
            }
        }

        return factors;
    }
}
