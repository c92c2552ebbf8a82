using Graft.Layers;

namespace Graft.Backbones.DistilBert;

/// <summary>
/// DistilBERT (Sanh et al. 2019, §3): every second layer of BERT, trained to imitate it. No segments and no pooler; nothing is dropped
/// between the attention and its norm.
/// </summary>
internal sealed class DistilBert : PostNormBackbone
{
    private static readonly BlockNames s_names = new(
        "attention.q_lin", "attention.k_lin", "attention.v_lin", "attention.out_lin", "sa_layer_norm", "ffn.lin1", "ffn.lin2", "output_layer_norm");

    private readonly PostNormBlock[] _blocks;

    public DistilBert(DistilBertConfig config)
        : base(config, Shape(config))
    {
        BlockShape block = new(
            config.HiddenSize, config.HeadCount, config.IntermediateSize, config.Activation, DistilBertConfig.LayerNormEps, 0, config.Dropout,
            config.AttentionDropout, config.InitializerRange);
        _blocks = [.. Enumerable.Range(0, config.LayerCount).Select(i => Add($"transformer.layer.{i}", new PostNormBlock(s_names, block, i)))];
    }

    internal override IReadOnlyList<TransformerBlock> Blocks => _blocks;

    private static EmbeddingShape Shape(DistilBertConfig config) => new(
        config.VocabularySize, config.Positions, 0, config.HiddenSize, DistilBertConfig.LayerNormEps, config.Dropout, config.InitializerRange, config.PadTokenId);
}
