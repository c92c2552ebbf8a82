using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>Ways from token states to one vector a sequence, for both layouts.</summary>
public static class Pooling
{
    /// <summary>The first column (or first packed row) of each sequence: [B, D].</summary>
    public static Tensor First(Tensor states, EncoderInput input)
    {
        if (!input.IsPacked) return states.select(1, 0);
        using Tensor rows = tensor(input.Boundaries![..^1].Select(row => (long)row).ToArray());
        return states.index_select(0, rows);
    }

    /// <summary>The mean over attended tokens: [B, D].</summary>
    /// <param name="states">[B, T, D] or [tokens, D].</param>
    /// <param name="input">Mask or boundaries.</param>
    /// <param name="least">A lower bound of the divisor.</param>
    public static Tensor Mean(Tensor states, EncoderInput input, double least = 1e-9)
    {
        if (input.IsPacked)
            return stack(
                Enumerable
                    .Range(0, (int)input.Sequences)
                    .Select(s => states.slice(0, input.Boundaries![s], input.Boundaries[s + 1], 1).mean([0])),
                0
            );
        if (input.AttentionMask is null)
            return states.mean([1]);
        Tensor mask = input.AttentionMask.to(states.dtype).unsqueeze(-1); // [B, T, 1]
        return (states * mask).sum(1) / mask.sum(1).clamp(min: least);
    }

    /// <summary>The sum of attended tokens over the square root of their number: [B, D].</summary>
    public static Tensor MeanSqrtLength(Tensor states, EncoderInput input)
    {
        if (input.IsPacked)
        {
            return stack(
                Enumerable
                    .Range(0, (int)input.Sequences)
                    .Select(s =>
                        states.slice(0, input.Boundaries![s], input.Boundaries[s + 1], 1).sum([0L])
                        / Math.Sqrt(input.Boundaries[s + 1] - input.Boundaries[s])
                    ),
                0
            );
        }

        if (input.AttentionMask is null) return states.sum([1L]) / Math.Sqrt(states.shape[1]);
        Tensor mask = input.AttentionMask.to(states.dtype).unsqueeze(-1); // [B, T, 1]
        return (states * mask).sum(1) / mask.sum(1).sqrt();
    }

    /// <summary>The mean of attended tokens, the n-th column counted n times: [B, D].</summary>
    public static Tensor WeightedMean(Tensor states, EncoderInput input)
    {
        if (input.IsPacked)
        {
            return stack(Enumerable.Range(0, (int)input.Sequences).Select(s =>
            {
                Tensor rows = states.slice(0, input.Boundaries![s], input.Boundaries[s + 1], 1);
                Tensor counts = arange(1, rows.shape[0] + 1, states.dtype).unsqueeze(-1);
                return (rows * counts).sum([0L]) / counts.sum();
            }), 0);
        }

        Tensor weights = arange(1, states.shape[1] + 1, states.dtype).unsqueeze(0).unsqueeze(-1); // [1, T, 1]
        if (input.AttentionMask is not null) weights = weights * input.AttentionMask.to(states.dtype).unsqueeze(-1);
        return (states * weights).sum(1) / weights.sum(1);
    }

    /// <summary>The greatest value of attended tokens in each dimension: [B, D].</summary>
    public static Tensor Max(Tensor states, EncoderInput input)
    {
        if (input.IsPacked)
            return stack(
                Enumerable
                    .Range(0, (int)input.Sequences)
                    .Select(s => states.slice(0, input.Boundaries![s], input.Boundaries[s + 1], 1).amax([0])),
                0
            );
        Tensor visible = input.AttentionMask is null ? states : states.masked_fill(input.AttentionMask.eq(0).unsqueeze(-1), -1e9);
        return visible.amax([1]);
    }

    /// <summary>The last attended token: [B, D].</summary>
    public static Tensor Last(Tensor states, EncoderInput input)
    {
        if (input.IsPacked)
        {
            using Tensor ends = tensor(input.Boundaries![1..].Select(row => (long)row - 1).ToArray());
            return states.index_select(0, ends);
        }

        return input.AttentionMask is null ? states.select(1, -1) : AtLastTrue(states, input.AttentionMask.ne(0));
    }

    /// <summary>The rightmost attended token with an id; the last attended one of a sequence without it: [B, D].</summary>
    internal static Tensor LastOf(Tensor states, EncoderInput input, int? id)
    {
        if (id is not int wanted) return Last(states, input);
        if (!input.IsPacked)
        {
            Tensor attended = (input.AttentionMask ?? ones_like(input.InputIds)).ne(0),
                found = input.InputIds.eq(wanted).logical_and(attended);
            return AtLastTrue(states, where(found.any(1, keepdim: true), found, attended));
        }

        long[] ids = input.InputIds.data<long>().ToArray();
        long[] rows =
        [
            .. input.Boundaries!.Zip(input.Boundaries!.Skip(1), (from, to) =>
                Array.LastIndexOf(ids, wanted, to - 1, to - from) is >= 0 and int row ? row : to - 1L
            ),
        ];
        return states.index_select(0, tensor(rows));
    }

    /// <summary>The state at the last column where the flag [B, T] is set (column 0 where none is): [B, D].</summary>
    internal static Tensor AtLastTrue(Tensor states, Tensor flags)
    {
        (long batch, long tokens) = (flags.shape[0], flags.shape[1]);
        Tensor last = (arange(tokens, ScalarType.Int64) * flags.to(ScalarType.Int64)).argmax(-1); // [B]
        Tensor rows = (arange(batch, ScalarType.Int64) * tokens) + last;
        return states.reshape(batch * tokens, -1).index_select(0, rows);
    }
}
