using Graft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones;

/// <summary>
/// The encoder that BERT introduced and most families kept: embeddings, blocks with the norm after the sum, perhaps a pooler. A family
/// gives names and sizes, and says what it does differently.
/// </summary>
internal abstract partial class PostNormBackbone : Backbone
{
    /// <param name="config">The configuration.</param>
    /// <param name="embeddings">How input vectors are made.</param>
    protected PostNormBackbone(ModelConfig config, EmbeddingShape embeddings)
        : base(config)
    {
        Embeddings = Add("embeddings", new TextEmbeddings(embeddings));
    }

    public override int? PositionLimit => Embeddings.PositionLimit;

    internal override EmbeddingTable Words => Embeddings.Words;

    internal TextEmbeddings Embeddings { get; }

    /// <summary>One vector a sequence; null for none.</summary>
    protected Pooler? Pooler { get; init; }

    public override BackboneOutput Forward(EncoderInput input)
    {
        EncoderInput.Validate(input);
        input = Prompt.Apply(input, Words);
        LayerContext context = new(input, LayerContext.LayoutOf(input)) { Recompute = GradientCheckpointing };
        Tensor states = Encode(Embed(input, context), input, context);
        context.HiddenStates?.Add(states);
        return new BackboneOutput
        {
            LastHiddenState = states,
            PoolerOutput = Pooler?.Forward(Pooling.First(states, input), context),
            HiddenStates = context.HiddenStates,
            Attentions = context.Attentions,
        };
    }

    /// <summary>A pooler whose matrix has this name.</summary>
    private protected Pooler MakePooler(string name) =>
        new(Add(name, new Projection(HiddenSize, HiddenSize, Init.Normal(Config.InitializerRange))));

    /// <summary>What enters the first block, […, D].</summary>
    protected virtual Tensor Embed(EncoderInput input, LayerContext context) => Embeddings.Forward(input, context, PrefixLength);

    /// <summary>The blocks, one after the other.</summary>
    protected virtual Tensor Encode(Tensor states, EncoderInput input, LayerContext context)
    {
        Tensor? bias = Bias(input);
        foreach (PostNormBlock block in Blocks.Cast<PostNormBlock>())
        {
            context.HiddenStates?.Add(states);
            states = context.Run([states, bias], x => block.Forward(x[0]!, context, x[1]));
        }

        return states;
    }

    /// <summary>What every block adds to its scores; null for nothing.</summary>
    protected virtual Tensor? Bias(EncoderInput input) => null;
}
