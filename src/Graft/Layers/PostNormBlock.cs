using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>The sizes and rates of a block.</summary>
/// <param name="Width">D.</param>
/// <param name="Heads">H.</param>
/// <param name="Intermediate">Width between the two feed-forward matrices.</param>
/// <param name="Activation">Between them.</param>
/// <param name="Eps">Of the norms.</param>
/// <param name="Dropout">On the output of the attention half.</param>
/// <param name="FeedForwardDropout">On the output of the other half.</param>
/// <param name="AttentionDropout">On probabilities.</param>
/// <param name="Deviation">Of the first draws.</param>
internal sealed record BlockShape(
    int Width, int Heads, int Intermediate, Activation Activation, double Eps, double Dropout, double FeedForwardDropout, double AttentionDropout, double Deviation)
{
    public int HeadSize => Width / Heads;
}

/// <summary>What a family's checkpoints call the parts of a block.</summary>
internal sealed record BlockNames(
    string Query, string Key, string Value, string AttentionDense, string AttentionNorm, string Intermediate, string OutputDense, string OutputNorm)
{
    /// <summary>BERT's own names, which most families kept.</summary>
    public static BlockNames Bert { get; } = new(
        "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "attention.output.LayerNorm",
        "intermediate.dense", "output.dense", "output.LayerNorm");
}

/// <summary>
/// The encoder block of Vaswani et al. (2017, §3.1) with the norm after the sum, as BERT and its family have it:
/// x = LN(x + Drop(Attention(x))); x = LN(x + Drop(W₂·act(W₁·x))).
/// </summary>
internal partial class PostNormBlock : TransformerBlock
{
    private readonly Projection _query;
    private readonly Projection _key;
    private readonly Projection _value;
    private readonly Projection _attentionDense;
    private readonly Projection _intermediate;
    private readonly Projection _output;
    private readonly Activation _activation;

    /// <param name="names">The family's names.</param>
    /// <param name="shape">Sizes and rates.</param>
    /// <param name="index">The layer's number: its dropout sites follow from it.</param>
    /// <param name="scale">What scores are multiplied by; 1/√N when null.</param>
    public PostNormBlock(BlockNames names, BlockShape shape, int index, double? scale = null)
    {
        Init init = Init.Normal(shape.Deviation);
        int site = DropoutSites.Layer(index);
        _activation = shape.Activation;
        _query = Add(names.Query, new Projection(shape.Width, shape.Width, init));
        _key = Add(names.Key, new Projection(shape.Width, shape.Width, init));
        _value = Add(names.Value, new Projection(shape.Width, shape.Width, init));
        _attentionDense = Add(names.AttentionDense, new Projection(shape.Width, shape.Width, init));
        Norm attentionNorm = Add(names.AttentionNorm, new Norm(shape.Width, shape.Eps));
        _intermediate = Add(names.Intermediate, new Projection(shape.Width, shape.Intermediate, init));
        _output = Add(names.OutputDense, new Projection(shape.Intermediate, shape.Width, init));
        Norm outputNorm = Add(names.OutputNorm, new Norm(shape.Width, shape.Eps));
        SelfAttention = new AttentionCore(shape.Heads, shape.HeadSize, scale ?? 1 / Math.Sqrt(shape.HeadSize), shape.AttentionDropout, site);
        AttentionOutput = new AddNorm(attentionNorm, shape.Dropout, site + 1);
        FeedForwardOutput = new AddNorm(outputNorm, shape.FeedForwardDropout, site + 2);
    }

    public override AttentionCore SelfAttention { get; }

    public override AddNorm AttentionOutput { get; }

    public override AddNorm FeedForwardOutput { get; }

    protected Projection Query => _query;

    protected Projection Key => _key;

    /// <summary>False where all keys have the same bias, which the softmax then ignores.</summary>
    protected virtual bool KeyBiasMatters => SelfAttention.Tuning is not null;

    /// <summary>[…, D] → […, D].</summary>
    /// <param name="x">The states.</param>
    /// <param name="context">Layout, dropout, slots.</param>
    /// <param name="bias">Added to the scores, or what <see cref="Bias"/> makes that of.</param>
    public Tensor Forward(Tensor x, LayerContext context, Tensor? bias = null)
    {
        Tensor query = _query.Forward(x, context), value = _value.Forward(x, context);
        Tensor key = KeyBiasMatters ? _key.Forward(x, context) : _key.ForwardBeforeSoftmax(x, context);
        Tensor attended = SelfAttention.Forward(query, key, value, context, Bias(query, key, context, bias));
        x = AttentionOutput.Forward(_attentionDense.Forward(attended, context), x, context);
        Tensor between = _intermediate.Forward(x, context, _activation);
        return FeedForwardOutput.Forward(_output.Forward(between, context), x, context);
    }

    /// <summary>What is added to the scores; families whose bias depends on the content make it here.</summary>
    protected virtual Tensor? Bias(Tensor query, Tensor key, LayerContext context, Tensor? bias) => bias;
}
