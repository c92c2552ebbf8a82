using Graft.Layers;

namespace Graft.Backbones.Bert;

/// <summary>
/// BERT (Devlin et al. 2019): a deep bidirectional Transformer encoder. Input vectors are the sums of word, position and segment vectors
/// (§3, figure 2); the layers are those of Vaswani et al. (2017); the pooled state is tanh(W·h₍CLS₎). The attention is in
/// <see cref="AttentionCore"/>, the block in <see cref="PostNormBlock"/>.
/// </summary>
internal sealed class Bert : PostNormBackbone
{
    private readonly PostNormBlock[] _blocks;

    public Bert(BertConfig config, bool pooler)
        : base(config, Shape(config))
    {
        BlockShape block = new(
            config.HiddenSize, config.HeadCount, config.IntermediateSize, config.Activation, config.LayerNormEps, config.HiddenDropout,
            config.HiddenDropout, config.AttentionDropout, config.InitializerRange);
        _blocks = [.. Enumerable.Range(0, config.LayerCount).Select(i => Add($"encoder.layer.{i}", new PostNormBlock(BlockNames.Bert, block, i)))];
        if (pooler) Pooler = MakePooler("pooler.dense");
    }

    internal override IReadOnlyList<TransformerBlock> Blocks => _blocks;

    private static EmbeddingShape Shape(BertConfig config) => new(
        config.VocabularySize, config.Positions, config.Types, config.HiddenSize, config.LayerNormEps, config.HiddenDropout,
        config.InitializerRange, config.PadTokenId);
}
