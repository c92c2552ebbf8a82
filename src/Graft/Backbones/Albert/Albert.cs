using Graft.Backbones.Bert;
using Graft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.Albert;

/// <summary>
/// ALBERT (Lan et al. 2020, §3.1): BERT's encoder with small word vectors that one matrix brings to the width of the states (factorised
/// embeddings), and layers that share their weights: layer i uses group ⌊i / (layers / groups)⌋ and runs all blocks of it. Nothing is
/// dropped at the end of the feed-forward half.
/// </summary>
internal sealed partial class Albert : BertEncoder
{
    private static readonly BertLayerNames s_names = new(
        "query",
        "key",
        "value",
        "dense",
        "attention.LayerNorm",
        "ffn",
        "ffn_output",
        "full_layer_layer_norm"
    );

    private readonly AlbertConfig _config;
    private readonly Projection _widen;

    public Albert(AlbertConfig config, bool pooler)
        : base(config)
    {
        _config = config;
        _widen = Add(
            "encoder.embedding_hidden_mapping_in",
            new Projection(config.EmbeddingSize, config.HiddenSize, Init.Normal(config.InitializerRange))
        );
        Layers = new BertLayer[config.Groups * config.BlocksInGroup]; // those with weights of their own
        for (int i = 0; i < Layers.Length; i++)
        {
            (int group, int inner) = Math.DivRem(i, config.BlocksInGroup);
            Layers[i] = Add($"encoder.albert_layer_groups.{group}.albert_layers.{inner}", new BertLayer(config, s_names, i));
        }

        if (pooler) Pooler = AddPooler("pooler");
    }

    private protected override Tensor Embed(EncoderInput input, LayerContext context) =>
        _widen.Forward(base.Embed(input, context), context);

    private protected override Tensor Encode(Tensor states, EncoderInput input, LayerContext context)
    {
        for (int layer = 0; layer < _config.LayerCount; layer++)
        {
            context.HiddenStates?.Add(states);
            context.SiteOffset = DropoutSites.Layer(layer) * Layers.Length; // shared weights, but each layer drops for itself
            int group = GroupOf(layer);
            for (int inner = 0; inner < _config.BlocksInGroup; inner++)
            {
                BertLayer block = Layers[(group * _config.BlocksInGroup) + inner];
                states = context.Run([states], x => block.Forward(x[0]!, context));
            }
        }

        context.SiteOffset = 0;
        return states;
    }
}
