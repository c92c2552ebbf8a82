using Graft.Layers;

namespace Graft.Backbones.Roberta;

/// <summary>
/// RoBERTa (Liu et al. 2019, §3) and XLM-RoBERTa (Conneau et al. 2020): BERT's layers, trained longer on more text, without next-sentence
/// prediction and with a byte-level (XLM: SentencePiece) vocabulary. Positions count the tokens that are not padding, from pad id + 1.
/// </summary>
internal sealed class Roberta : PostNormBackbone
{
    private readonly PostNormBlock[] _blocks;

    public Roberta(RobertaConfig config, bool pooler)
        : base(config, Shape(config))
    {
        BlockShape block = new(
            config.HiddenSize, config.HeadCount, config.IntermediateSize, config.Activation, config.LayerNormEps, config.HiddenDropout,
            config.HiddenDropout, config.AttentionDropout, config.InitializerRange);
        _blocks = [.. Enumerable.Range(0, config.LayerCount).Select(i => Add($"encoder.layer.{i}", new PostNormBlock(BlockNames.Bert, block, i)))];
        if (pooler) Pooler = MakePooler("pooler.dense");
    }

    internal override IReadOnlyList<TransformerBlock> Blocks => _blocks;

    private static EmbeddingShape Shape(RobertaConfig config) => new(
        config.VocabularySize, config.Positions, config.Types, config.HiddenSize, config.LayerNormEps, config.HiddenDropout,
        config.InitializerRange, config.PadTokenId, PositionsFromPadding: true);
}
