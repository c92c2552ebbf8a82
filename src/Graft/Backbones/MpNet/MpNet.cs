using Graft.Backbones.Bert;
using Graft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.MpNet;

/// <summary>
/// MPNet (Song et al. 2020): BERT's encoder trained by masked and permuted language modelling. What differs: no segments, RoBERTa's
/// positions, and one relative bias of T5's kind that all layers add to their scores (§A).
/// </summary>
internal sealed partial class MpNet : BertEncoder
{
    /// <summary>The forward pass always uses 32 buckets up to distance 128.</summary>
    public const int UsedBuckets = 32;

    private const int MaxDistance = 128;

    private static readonly BertLayerNames s_names = new(
        "attn.q", "attn.k", "attn.v", "attn.o", "attention.LayerNorm", "intermediate.dense", "output.dense", "output.LayerNorm");

    private readonly EmbeddingTable _relative;
    private readonly RelativeBuckets _buckets = new(UsedBuckets, MaxDistance, causal: false);

    public MpNet(MpNetConfig config, bool pooler)
        : base(config)
    {
        Layers = AddLayers("encoder.layer", s_names);
        _relative = Add(
            "encoder.relative_attention_bias",
            new EmbeddingTable("bucket", config.Buckets, config.HeadCount, config.InitializerRange)
        );
        if (pooler)
            Pooler = AddPooler("pooler.dense");
    }

    private protected override Tensor? Bias(EncoderInput input)
    {
        Tensor bias = _buckets.Bias(_relative.Weight, input.Longest, input.Longest);
        return PrefixLength == 0 ? bias : cat([zeros([1, bias.shape[1], bias.shape[2], PrefixLength]), bias], -1);
    }
}
