using Graft.Layers;
using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.T5;

/// <summary>The norm and the four matrices of one of T5's attentions; scores are not scaled (the first draws are instead).</summary>
internal sealed class T5Attention : Layer
{
    private readonly Norm _norm;
    private readonly Projection _query;
    private readonly Projection _key;
    private readonly Projection _value;
    private readonly Projection _output;
    private readonly int _site;

    /// <param name="config">Sizes.</param>
    /// <param name="name">"SelfAttention" or "EncDecAttention".</param>
    /// <param name="site">The site of the dropout on probabilities.</param>
    /// <param name="relativeBias">Whether the stack's bias is stored here.</param>
    public T5Attention(T5Config config, string name, int site, bool relativeBias)
    {
        _site = site;
        int width = config.HiddenSize, inner = config.HeadCount * config.HeadSize;
        double factor = config.InitializerFactor;
        Init keys = Init.Normal(factor * Math.Pow(width, -0.5));
        _query = Add(
            name + ".q",
            new Projection(width, inner, Init.Normal(factor * Math.Pow((double)width * config.HeadSize, -0.5)), bias: false)
        );
        _key = Add(name + ".k", new Projection(width, inner, keys, bias: false));
        _value = Add(name + ".v", new Projection(width, inner, keys, bias: false));
        _output = Add(name + ".o", new Projection(inner, width, Init.Normal(factor * Math.Pow(inner, -0.5)), bias: false));
        if (relativeBias)
            RelativeBias = Add(
                name + ".relative_attention_bias",
                new EmbeddingTable("bucket", config.Buckets, config.HeadCount, factor * Math.Pow(width, -0.5))
            );
        _norm = Add("layer_norm", new Norm(width, config.LayerNormEps, rootMeanSquare: true));
        Core = new AttentionCore(config.HeadCount, config.HeadSize, 1, config.Dropout, site);
    }

    public AttentionCore Core { get; }

    public EmbeddingTable? RelativeBias { get; }

    /// <summary>[…, D] → […, D], the text's attention to itself.</summary>
    public Tensor Forward(Tensor x, LayerContext context, Tensor bias)
    {
        Tensor normed = _norm.Forward(x);
        Tensor query = _query.Forward(normed, context), key = _key.Forward(normed, context), value = _value.Forward(normed, context);
        return _output.Forward(Core.Forward(query, key, value, context, bias), context);
    }

    /// <summary>[…, D] → […, D], attention to the encoder's states, whose keys and values a cache keeps.</summary>
    public Tensor ForwardCross(Tensor x, Tensor encoded, LayerContext context, AttentionLayout layout)
    {
        Tensor query = Core.SplitHeads(_query.Forward(_norm.Forward(x), context));
        (Tensor key, Tensor value) = context.Cache is null ? KeyValue() : context.Cache.Fixed(_site, KeyValue);
        return _output.Forward(Core.Attend(query, key, value, context, layout, cached: true), context);

        (Tensor Key, Tensor Value) KeyValue() =>
            (Core.SplitHeads(_key.Forward(encoded, context)), Core.SplitHeads(_value.Forward(encoded, context)));
    }
}
