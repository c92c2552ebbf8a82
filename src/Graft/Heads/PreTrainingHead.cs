using Graft.Backbones;
using Graft.Layers;
using Graft.Torch.Dropout;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Heads;

/// <summary>
/// Masked LM beside a judgement of the sentence pair: next sentence (BERT, §3.1, task 2) or sentence order (ALBERT, §3.1).
/// </summary>
internal sealed class PreTrainingHead : LanguageModelHead
{
    private readonly Projection _sentence;
    private readonly double _dropout;

    internal PreTrainingHead(LanguageModelRecipe recipe, ModelConfig config, EmbeddingTable words)
        : base(HeadKinds.PreTraining, recipe, config, words)
    {
        (string name, _dropout) = recipe.Sentence!.Value;
        _sentence = Add(name, new Projection(config.HiddenSize, 2, Init.Normal(config.InitializerRange)));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> LossTerms => ["mlm", "sentence"];

    /// <summary>The sentence pair's scores.</summary>
    /// <param name="pooled">[B, D].</param>
    /// <param name="input">Dropout.</param>
    /// <returns>[B, 2].</returns>
    public Tensor ScorePair(Tensor pooled, EncoderInput input)
    {
        DropoutSite site = input.Dropout?.Site(DropoutSites.Head) ?? DropoutSite.None;
        return _sentence.Forward(Ops.Dropout(pooled, _dropout, site), LayerContext.Rowwise);
    }

    /// <inheritdoc/>
    public override HeadOutput Forward(BackboneOutput states, EncoderInput input, Targets? targets = null) =>
        new() { Logits = Score(states.LastHiddenState), SentenceLogits = ScorePair(states.PoolerOutput!, input) };

    /// <inheritdoc/>
    public override IReadOnlyList<LossTerm> Losses(HeadOutput output, EncoderInput input, Targets targets) =>
    [
        Heads.Losses.CrossEntropy("mlm", output.Logits!, targets.Labels),
        Heads.Losses.CrossEntropy("sentence", output.SentenceLogits!, targets.SentenceLabels),
    ];
}
