using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>Positions as families count them, for both layouts.</summary>
public static class PositionIds
{
    /// <summary>0, 1, 2 … from each sequence's first column (BERT), after <paramref name="offset"/> tokens: [1, T] or [tokens].</summary>
    public static Tensor FromStart(EncoderInput input, long offset = 0)
    {
        if (!input.IsPacked) return arange(offset, offset + input.Leading[1], ScalarType.Int64).unsqueeze(0);
        long[] positions = new long[input.Leading[0]];
        for (int s = 0; s + 1 < input.Boundaries!.Length; s++)
        {
            for (int row = input.Boundaries[s]; row < input.Boundaries[s + 1]; row++) positions[row] = row - input.Boundaries[s] + offset;
        }

        return tensor(positions);
    }

    /// <summary>Counts the tokens that are not padding, from padId + 1; padding is at padId (RoBERTa, MPNet): of the ids' shape.</summary>
    public static Tensor FromPadding(EncoderInput input, long padId, long offset = 0)
    {
        // Packed tokens and given vectors are never padding.
        if (input.IsPacked || input.InputsEmbeds is not null) return FromStart(input, padId + 1 + offset);
        using Tensor real = input.InputIds.ne(padId).to(ScalarType.Int64);
        return ((real.cumsum(1) + offset) * real) + padId;
    }

    /// <summary>Refuses text that is longer than the table.</summary>
    /// <exception cref="InputException">There are more tokens than positions.</exception>
    public static void Require(long tokens, long limit, string table)
    {
        if (tokens <= limit)
            return;
        throw new InputException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{tokens} tokens: the model's position table ({table}) ends at {limit}; shorten the text (`max-length` {limit})"
            )
        );
    }
}
