using Graft.Backbones;
using Graft.Layers;

namespace Graft.Heads;

/// <summary>What turns hidden states into scores, and scores into a loss. A new one begins at N(0, initializer_range).</summary>
public abstract partial class Head : Layer
{
    /// <param name="kind">The name under which it is registered (<see cref="ModelHeads.Register"/>).</param>
    protected Head(string kind) => Kind = kind;

    /// <summary>The name: one of <see cref="HeadKinds"/>, or one of a program's own.</summary>
    public string Kind { get; }

    /// <summary>Names of the loss's terms, in the order of <see cref="Losses"/>.</summary>
    public virtual IReadOnlyList<string> LossTerms => ["loss"];

    /// <summary>Scores of a batch.</summary>
    /// <param name="states">What the backbone gave for <paramref name="input"/>.</param>
    /// <param name="input">Mask or boundaries, dropout.</param>
    /// <param name="targets">The span-boundary head reads its pairs from them; other heads do not look.</param>
    public abstract HeadOutput Forward(BackboneOutput states, EncoderInput input, Targets? targets = null);

    /// <summary>The terms of the loss.</summary>
    /// <exception cref="ArgumentException">The targets lack what this head is measured against.</exception>
    public abstract IReadOnlyList<LossTerm> Losses(HeadOutput output, EncoderInput input, Targets targets);
}
