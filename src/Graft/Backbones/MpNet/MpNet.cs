using Graft.Graphs;
using Graft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.MpNet;

/// <summary>
/// MPNet (Song et al. 2020): a BERT encoder trained by masked and permuted language modelling, with RoBERTa's positions and one relative
/// bias of T5's kind that all layers share (§A).
/// </summary>
internal sealed class MpNet : PostNormBackbone
{
    /// <summary>The forward pass always uses 32 buckets up to distance 128.</summary>
    public const int UsedBuckets = 32;

    private const int MaxDistance = 128;

    private static readonly BlockNames s_names = new(
        "attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o", "attention.LayerNorm",
        "intermediate.dense", "output.dense", "output.LayerNorm");

    private readonly PostNormBlock[] _blocks;
    private readonly EmbeddingTable _relative;
    private readonly RelativeBuckets _buckets = new(UsedBuckets, MaxDistance, causal: false);

    public MpNet(MpNetConfig config, bool pooler)
        : base(config, Shape(config))
    {
        BlockShape block = new(
            config.HiddenSize, config.HeadCount, config.IntermediateSize, config.Activation, config.LayerNormEps, config.HiddenDropout,
            config.HiddenDropout, config.AttentionDropout, config.InitializerRange);
        _blocks = [.. Enumerable.Range(0, config.LayerCount).Select(i => Add($"encoder.layer.{i}", new PostNormBlock(s_names, block, i)))];
        _relative = Add("encoder.relative_attention_bias", new EmbeddingTable("bucket", config.Buckets, config.HeadCount, config.InitializerRange));
        if (pooler) Pooler = MakePooler("pooler.dense");
    }

    internal override IReadOnlyList<TransformerBlock> Blocks => _blocks;

    protected override Tensor? Bias(EncoderInput input)
    {
        Tensor bias = _buckets.Bias(_relative.Weight, input.Longest, input.Longest);
        return PrefixLength == 0 ? bias : cat([zeros([1, bias.shape[1], bias.shape[2], PrefixLength]), bias], -1);
    }

    protected override Value? DrawBias(GraphContext graph) => _buckets.Draw(graph, _relative, MaxDistance);

    private static EmbeddingShape Shape(MpNetConfig config) => new(
        config.VocabularySize, config.Positions, 0, config.HiddenSize, config.LayerNormEps, config.HiddenDropout,
        config.InitializerRange, MpNetConfig.Padding, PositionsFromPadding: true);
}
