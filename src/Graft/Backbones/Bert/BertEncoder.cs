using Graft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.Bert;

/// <summary>
/// BERT (Devlin et al. 2019): a deep bidirectional Transformer encoder. Input vectors are the sums of word, position and segment vectors
/// (§3, figure 2): <see cref="BertEmbeddings"/>. The layers are those of Vaswani et al. (2017): <see cref="BertLayer"/>, with
/// softmax(Q·Kᵀ/√N)·V in <see cref="BertAttention"/>. The pooled state is tanh(W·h₍CLS₎ + b): <see cref="BertPooler"/>. Families that kept
/// this encoder derive from it and state what they do differently. Legend: B batch, T tokens, D width of the states; packed, [B, T] is
/// [tokens].
/// </summary>
internal partial class BertEncoder : Backbone
{
    /// <summary>BERT itself.</summary>
    /// <param name="config">Sizes and rates.</param>
    /// <param name="pooler">Whether a head (or none) uses the pooled state.</param>
    /// <param name="embeddings">The family's own; BERT's when null.</param>
    public BertEncoder(BertConfig config, bool pooler, BertEmbeddings? embeddings = null)
        : this(config, embeddings)
    {
        Layers = AddLayers("encoder.layer", BertLayerNames.Published);
        if (pooler) Pooler = AddPooler("pooler.dense");
    }

    /// <summary>The embeddings alone, for families that go on with layers of their own.</summary>
    private protected BertEncoder(BertConfig config, BertEmbeddings? embeddings = null)
        : base(config)
    {
        Embeddings = Add("embeddings", embeddings ?? new BertEmbeddings(config));
    }

    public override EmbeddingTable Words => Embeddings.Words;

    public override IReadOnlyList<TransformerBlock> Blocks => Layers;

    /// <summary>From ids to input vectors.</summary>
    internal BertEmbeddings Embeddings { get; }

    public override bool HasPooler => Pooler is not null;

    internal override Tensor? NormalisedEmbeddings(EncoderInput input) => Embeddings.Normalised(input);

    /// <summary>The layers, in order.</summary>
    private protected BertLayer[] Layers { get; init; } = [];

    /// <summary>One vector a sequence; null for none.</summary>
    private protected BertPooler? Pooler { get; init; }

    /// <summary>ids [B, T] → states [B, T, D] and the pooled state [B, D].</summary>
    public override BackboneOutput Forward(EncoderInput input)
    {
        EncoderInput.Validate(input);
        input = Prompt.Apply(input, Words); // vectors before the text, where prompt tuning has put some
        LayerContext context = new(input, LayerContext.LayoutOf(input)) { Recompute = GradientCheckpointing };
        Tensor states = Embed(input, context);
        states = Encode(states, input, context);
        context.HiddenStates?.Add(states);
        return new BackboneOutput
        {
            LastHiddenState = states,
            PoolerOutput = Pooler?.Forward(Pooling.First(states, input), context), // the first token is [CLS]
            HiddenStates = context.HiddenStates,
            Attentions = context.Attentions,
        };
    }

    /// <summary>What enters the first layer, [B, T, D].</summary>
    private protected virtual Tensor Embed(EncoderInput input, LayerContext context) => Embeddings.Forward(input, context, PrefixLength);

    /// <summary>The layers, one after the other: [B, T, D] → [B, T, D].</summary>
    private protected virtual Tensor Encode(Tensor states, EncoderInput input, LayerContext context)
    {
        Tensor? bias = Bias(input);
        foreach (BertLayer layer in Layers)
        {
            context.HiddenStates?.Add(states);
            states = context.Run([states, bias], x => layer.Forward(x[0]!, context, x[1]));
        }

        return states;
    }

    /// <summary>What every layer adds to its scores, [B or 1, H, T, T]: nothing in BERT, whose positions are in the embeddings.</summary>
    private protected virtual Tensor? Bias(EncoderInput input) => null;

    /// <summary>As many layers as the configuration says.</summary>
    /// <param name="path">What their names begin with, before the number.</param>
    /// <param name="names">The names of their parts.</param>
    private protected BertLayer[] AddLayers(string path, BertLayerNames names) =>
        [.. Enumerable.Range(0, Config.LayerCount).Select(i => Add($"{path}.{i}", new BertLayer((BertConfig)Config, names, i)))];

    /// <summary>A pooler whose matrix has this name.</summary>
    private protected BertPooler AddPooler(string path) =>
        new(Add(path, new Projection(HiddenSize, HiddenSize, Init.Normal(Config.InitializerRange))));
}
