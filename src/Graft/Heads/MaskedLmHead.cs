using Graft.Backbones;
using Graft.Layers;

namespace Graft.Heads;

/// <summary>Masked language modelling (Devlin et al. 2019, §3.1, task 1): the original id of each masked token.</summary>
internal sealed class MaskedLmHead : LanguageModelHead
{
    internal MaskedLmHead(LanguageModelRecipe recipe, ModelConfig config, EmbeddingTable words)
        : base(HeadKinds.MaskedLm, recipe, config, words)
    {
    }

    /// <inheritdoc/>
    public override IReadOnlyList<LossTerm> Losses(HeadOutput output, EncoderInput input, Targets targets) =>
        [Heads.Losses.CrossEntropy("loss", output.Logits!, targets.Labels)];
}
