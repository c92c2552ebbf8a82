using Graft.Layers;
using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.Gpt2;

/// <summary>x += Drop(c_proj·Attention(c_attn·LN(x))); x += Drop(c_proj·act(c_fc·LN(x))).</summary>
internal sealed class Gpt2Block : TransformerBlock
{
    private readonly Norm _attentionNorm;
    private readonly Projection _queryKeyValue;
    private readonly Projection _attentionDense;
    private readonly Norm _feedForwardNorm;
    private readonly Projection _intermediate;
    private readonly Projection _output;
    private readonly Activation _activation;

    public Gpt2Block(Gpt2Config config, int index)
    {
        int width = config.HiddenSize, site = DropoutSites.Layer(index);

        // Matrices that write to the residual stream begin smaller the more of them there are.
        Init reads = Init.Normal(config.InitializerRange),
            writes = Init.Normal(config.InitializerRange / Math.Sqrt(2.0 * config.LayerCount));
        _activation = config.Activation;
        _attentionNorm = Add("ln_1", new Norm(width, config.LayerNormEps));
        _queryKeyValue = Add("attn.c_attn", new Projection(width, 3 * width, reads, transposed: true) { Parts = 3 });
        _attentionDense = Add("attn.c_proj", new Projection(width, width, writes, transposed: true));
        _feedForwardNorm = Add("ln_2", new Norm(width, config.LayerNormEps));
        _intermediate = Add("mlp.c_fc", new Projection(width, config.IntermediateSize, reads, transposed: true));
        _output = Add("mlp.c_proj", new Projection(config.IntermediateSize, width, writes, transposed: true));
        SelfAttention = new AttentionCore(config.HeadCount, width / config.HeadCount, config.Scale(index), config.AttentionDropout, site);
        AttentionOutput = new AddNorm(null, config.ResidualDropout, site + 1);
        FeedForwardOutput = new AddNorm(null, config.ResidualDropout, site + 2);
    }

    public override AttentionCore SelfAttention { get; }

    public override AddNorm AttentionOutput { get; }

    public override AddNorm FeedForwardOutput { get; }

    /// <summary>[…, D] → […, D].</summary>
    public Tensor Forward(Tensor x, LayerContext context)
    {
        Tensor normed = _attentionNorm.Forward(x);
        long width = x.size(-1);
        Tensor joint = SelfAttention.Tuning is null
            ? _queryKeyValue.ForwardBeforeSoftmax(normed, context, width, width) // a bias that all keys share
            : _queryKeyValue.Forward(normed, context);
        Tensor[] parts = joint.chunk(3, -1);
        Tensor attended = SelfAttention.Forward(parts[0], parts[1], parts[2], context);
        x = AttentionOutput.Forward(_attentionDense.Forward(attended, context), x, context);
        Tensor between = _intermediate.Forward(_feedForwardNorm.Forward(x), context, _activation);
        return FeedForwardOutput.Forward(_output.Forward(between, context), x, context);
    }
}
