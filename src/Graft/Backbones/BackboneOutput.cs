using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones;

/// <summary>What a backbone gives. Shapes for the padded layout; packed, [B, T] becomes [tokens].</summary>
public sealed record BackboneOutput
{
    /// <summary>States of the last layer, [B, T, D]; of an encoder-decoder, the decoder's.</summary>
    public required Tensor LastHiddenState { get; init; }

    /// <summary>One vector a sequence, [B, D]; null where the family or the head has no pooler.</summary>
    public Tensor? PoolerOutput { get; init; }

    /// <summary>What enters each layer and, last, the output; null unless asked for.</summary>
    public IReadOnlyList<Tensor>? HiddenStates { get; init; }

    /// <summary>Probabilities of each layer, [B, H, T, T]; null unless asked for.</summary>
    public IReadOnlyList<Tensor>? Attentions { get; init; }

    /// <summary>The encoder's states where <see cref="LastHiddenState"/> is a decoder's.</summary>
    public Tensor? EncoderLastHiddenState { get; init; }
}
