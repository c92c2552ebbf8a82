using Graft.Backbones.Bert;
using Graft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.Electra;

/// <summary>
/// ELECTRA (Clark et al. 2020, §2): BERT's encoder as a discriminator that finds the tokens a small generator replaced. What differs: word
/// vectors may be smaller than the states (a matrix then widens them), and there is no pooler.
/// </summary>
internal sealed partial class Electra : BertEncoder
{
    public Electra(ElectraConfig config)
        : base(config)
    {
        if (config.EmbeddingSize != config.HiddenSize)
            Widen = Add(
                "embeddings_project",
                new Projection(config.EmbeddingSize, config.HiddenSize, Init.Normal(config.InitializerRange))
            );
        Layers = AddLayers("encoder.layer", BertLayerNames.Published);
    }

    /// <summary>[E] → [D]; null where word vectors are as wide as the states.</summary>
    internal override Projection? Widen { get; }

    /// <summary>The generator's tables of words, positions and segments are the discriminator's (§3.2): both learn them.</summary>
    internal override void ShareEmbeddings(Backbone other)
    {
        if (other is Electra discriminator) Embeddings.ShareWith(discriminator.Embeddings);
    }

    private protected override Tensor Embed(EncoderInput input, LayerContext context)
    {
        Tensor embedded = base.Embed(input, context);
        return Widen is null ? embedded : Widen.Forward(embedded, context);
    }
}
