using Graft.Layers;
using Graft.Torch;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.T5;

/// <summary>
/// x += Drop(o·Attention(LN(x))); in a decoder x += Drop(o·CrossAttention(LN(x), encoder)); x += Drop(FeedForward(LN(x))).
/// </summary>
internal sealed class T5Block : TransformerBlock
{
    private readonly T5Attention _self;
    private readonly T5Attention? _cross;
    private readonly AddNorm? _crossOutput;
    private readonly Norm _feedForwardNorm;
    private readonly Projection _input;
    private readonly Projection? _gate;
    private readonly Projection _output;
    private readonly Activation _activation;
    private readonly double _dropout;
    private readonly int _betweenSite;

    public T5Block(T5Config config, bool decoder, bool first, int index)
    {
        int site = DropoutSites.Layer(index), last = decoder ? 2 : 1;
        (_activation, _dropout, _betweenSite) = (config.Activation, config.Dropout, site + 5);
        _self = Add("layer.0", new T5Attention(config, "SelfAttention", site, first));
        AttentionOutput = new AddNorm(null, config.Dropout, site + 1);
        if (decoder)
        {
            _cross = Add("layer.1", new T5Attention(config, "EncDecAttention", site + 2, relativeBias: false));
            _crossOutput = new AddNorm(null, config.Dropout, site + 3);
        }

        Init reads = Init.Normal(config.InitializerRange),
            writes = Init.Normal(config.InitializerFactor * Math.Pow(config.IntermediateSize, -0.5));
        string half = $"layer.{last}.DenseReluDense.";
        _input = Add(
            half + (config.IsGated ? "wi_0" : "wi"),
            new Projection(config.HiddenSize, config.IntermediateSize, reads, bias: false)
        );
        _gate = config.IsGated ? Add(half + "wi_1", new Projection(config.HiddenSize, config.IntermediateSize, reads, bias: false)) : null;
        _output = Add(half + "wo", new Projection(config.IntermediateSize, config.HiddenSize, writes, bias: false));
        _feedForwardNorm = Add($"layer.{last}.layer_norm", new Norm(config.HiddenSize, config.LayerNormEps, rootMeanSquare: true));
        FeedForwardOutput = new AddNorm(null, config.Dropout, site + 4);
    }

    public override AttentionCore SelfAttention => _self.Core;

    public override AttentionCore? CrossAttention => _cross?.Core;

    public override AddNorm AttentionOutput { get; }

    public override AddNorm FeedForwardOutput { get; }

    /// <summary>The stack's bias by bucket and head; null but in the first block.</summary>
    public EmbeddingTable? RelativeBias => _self.RelativeBias;

    /// <summary>[…, D] → […, D].</summary>
    public Tensor Forward(Tensor x, LayerContext context, Tensor bias, Tensor? encoded, AttentionLayout? cross)
    {
        x = AttentionOutput.Forward(_self.Forward(x, context, bias), x, context);
        if (_cross is not null) x = _crossOutput!.Forward(_cross.ForwardCross(x, encoded!, context, cross!), x, context);
        Tensor normed = _feedForwardNorm.Forward(x);
        Tensor between = _input.Forward(normed, context, _activation);
        if (_gate is not null) between = between * _gate.Forward(normed, context);
        between = Ops.Dropout(between, _dropout, context.Site(_betweenSite));
        return FeedForwardOutput.Forward(_output.Forward(between, context), x, context);
    }
}
