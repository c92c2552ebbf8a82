using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>From the packed to the padded layout, for families that need it.</summary>
internal static class Packing
{
    /// <summary>The same batch padded, and the rows of [B·T] that are its tokens, in packed order.</summary>
    public static (EncoderInput Padded, Tensor Rows) Pad(EncoderInput input)
    {
        (long batch, long tokens) = (input.Sequences, input.Longest);
        long[] rows = new long[input.Leading[0]];
        for (int s = 0; s < batch; s++)
        {
            for (int row = input.Boundaries![s]; row < input.Boundaries[s + 1]; row++) rows[row] = (s * tokens) + row - input.Boundaries[s];
        }

        Tensor places = tensor(rows);
        Tensor? Spread(Tensor? packed)
        {
            if (packed is null) return null;
            long[] width = packed.shape[1..];
            return zeros([batch * tokens, .. width], packed.dtype).index_copy(0, places, packed).view([batch, tokens, .. width]);
        }

        EncoderInput padded = input with
        {
            InputIds = Spread(input.InputIds)!,
            AttentionMask = Spread(ones_like(input.InputIds)),
            TokenTypeIds = Spread(input.TokenTypeIds),
            TaskTypeIds = Spread(input.TaskTypeIds),
            PositionIds = Spread(input.PositionIds),
            InputsEmbeds = Spread(input.InputsEmbeds),
            Boundaries = null,
            Dropout = input.Dropout?.ToPadded(checked((int)tokens)),
        };
        return (padded, places);
    }
}
