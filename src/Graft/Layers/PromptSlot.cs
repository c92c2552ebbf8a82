using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>The tuning slot of the input: puts vectors before the text, which then is an ordinary, longer input.</summary>
public sealed class PromptSlot
{
    /// <summary>The slot.</summary>
    public IEmbeddingsTuning? Tuning { get; set; }

    /// <summary>The number of vectors before the text.</summary>
    public int Length => Tuning?.Length ?? 0;

    /// <summary>
    /// The input with the slot's vectors in front: the mask sees them, they have segment 0, positions run over the whole.
    /// </summary>
    /// <remarks>A dropout plan must be made for the longer text; padded batches only.</remarks>
    public EncoderInput Apply(EncoderInput input, EmbeddingTable words)
    {
        if (Tuning is null)
            return input;
        if (input.IsPacked)
            throw new ArgumentException("prompt tuning runs on padded batches", nameof(input));
        if (input.Cache is not null)
            throw new InputException(
                "a model with a trained prompt before its text cannot write on token by token: tune it with prefix or lora instead"
            );
        Tensor text = input.InputsEmbeds ?? words.Forward(input.InputIds); // [B, T, D]
        (long batch, long count) = (text.shape[0], Tuning.Length);
        Tensor vectors = Tuning.Vectors(input).expand(batch, count, text.shape[2]);
        return input with
        {
            InputsEmbeds = cat([vectors, text], 1),
            AttentionMask = Before(input.AttentionMask, ones([batch, count], ScalarType.Int64)),
            TokenTypeIds = Before(input.TokenTypeIds, zeros([batch, count], ScalarType.Int64)),
            TaskTypeIds = Before(input.TaskTypeIds, zeros([batch, count], ScalarType.Int64)),
            PositionIds = null,
        };
    }

    /// <summary>The input as heads see it: its mask is as long as the states.</summary>
    public EncoderInput Lengthened(EncoderInput input) => Tuning is null || input.AttentionMask is null
        ? input
        : input with { AttentionMask = Before(input.AttentionMask, ones([input.AttentionMask.shape[0], Tuning.Length], ScalarType.Int64)) };

    private static Tensor? Before(Tensor? values, Tensor added) => values is null ? null : cat([added, values], 1);
}
