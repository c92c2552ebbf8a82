using Graft.Backbones;
using Graft.Layers;

namespace Graft.Heads;

/// <summary>The next token (GPT-2). Labels are those of the text itself: the loss shifts them.</summary>
internal sealed class CausalLmHead : LanguageModelHead
{
    internal CausalLmHead(LanguageModelRecipe recipe, ModelConfig config, EmbeddingTable words)
        : base(HeadKinds.CausalLm, recipe, config, words)
    {
    }

    /// <inheritdoc/>
    public override IReadOnlyList<LossTerm> Losses(HeadOutput output, EncoderInput input, Targets targets) =>
        [Heads.Losses.NextToken("loss", output.Logits!, targets.Labels, input.Boundaries)];
}

/// <summary>The next token of a target text (T5). Decoder ids are the labels shifted right, so the loss does not shift.</summary>
internal sealed class SequenceToSequenceHead : LanguageModelHead
{
    internal SequenceToSequenceHead(LanguageModelRecipe recipe, ModelConfig config, EmbeddingTable words)
        : base(HeadKinds.SequenceToSequence, recipe, config, words)
    {
    }

    /// <inheritdoc/>
    public override IReadOnlyList<LossTerm> Losses(HeadOutput output, EncoderInput input, Targets targets) =>
        [Heads.Losses.CrossEntropy("loss", output.Logits!, targets.Labels)];
}
