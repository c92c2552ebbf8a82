using Graft.Graphs;
using Graft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.Albert;

/// <summary>
/// ALBERT (Lan et al. 2020, §3.1): small word vectors that one matrix brings to the width of the states (factorised embeddings), and
/// layers that share their weights: layer i uses group ⌊i / (layers / groups)⌋ and runs all blocks of it.
/// </summary>
internal sealed class Albert : PostNormBackbone
{
    private static readonly BlockNames s_names = new(
        "attention.query", "attention.key", "attention.value", "attention.dense", "attention.LayerNorm", "ffn", "ffn_output", "full_layer_layer_norm");

    private readonly AlbertConfig _config;
    private readonly Projection _widen;
    private readonly PostNormBlock[] _blocks;

    public Albert(AlbertConfig config, bool pooler)
        : base(config, Shape(config))
    {
        _config = config;
        _widen = Add("encoder.embedding_hidden_mapping_in", new Projection(config.EmbeddingSize, config.HiddenSize, Init.Normal(config.InitializerRange)));
        BlockShape block = new(
            config.HiddenSize, config.HeadCount, config.IntermediateSize, config.Activation, config.LayerNormEps, config.HiddenDropout, 0,
            config.AttentionDropout, config.InitializerRange);
        _blocks = new PostNormBlock[config.Groups * config.BlocksInGroup];
        for (int i = 0; i < _blocks.Length; i++)
        {
            (int group, int inner) = Math.DivRem(i, config.BlocksInGroup);
            _blocks[i] = Add($"encoder.albert_layer_groups.{group}.albert_layers.{inner}", new PostNormBlock(s_names, block, i));
        }

        if (pooler) Pooler = MakePooler("pooler");
    }

    /// <summary>The blocks with weights of their own; layers share them.</summary>
    internal override IReadOnlyList<TransformerBlock> Blocks => _blocks;

    protected override Tensor Embed(EncoderInput input, LayerContext context) => _widen.Forward(base.Embed(input, context), context);

    protected override Tensor Encode(Tensor states, EncoderInput input, LayerContext context)
    {
        for (int layer = 0; layer < _config.LayerCount; layer++)
        {
            context.HiddenStates?.Add(states);
            context.SiteOffset = DropoutSites.Layer(layer) * _blocks.Length; // shared weights, but each layer drops for itself
            int group = GroupOf(layer);
            for (int inner = 0; inner < _config.BlocksInGroup; inner++)
            {
                PostNormBlock block = _blocks[(group * _config.BlocksInGroup) + inner];
                states = context.Run([states], x => block.Forward(x[0]!, context));
            }
        }

        context.SiteOffset = 0;
        return states;
    }

    protected override Value DrawEmbeddings(GraphContext graph) => _widen.Draw(graph, base.DrawEmbeddings(graph));

    protected override Value DrawEncoder(GraphContext graph, Value states)
    {
        for (int layer = 0; layer < _config.LayerCount; layer++)
        {
            graph.HiddenStates.Add(states);
            int first = GroupOf(layer) * _config.BlocksInGroup;
            for (int inner = 0; inner < _config.BlocksInGroup; inner++) states = _blocks[first + inner].Draw(graph, states);
        }

        return states;
    }

    private int GroupOf(int layer) => (int)(layer / ((double)_config.LayerCount / _config.Groups));

    private static EmbeddingShape Shape(AlbertConfig config) => new(
        config.VocabularySize, config.Positions, config.Types, config.EmbeddingSize, config.LayerNormEps, config.HiddenDropout,
        config.InitializerRange, config.PadTokenId);
}
