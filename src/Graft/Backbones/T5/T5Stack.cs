using Graft.Layers;
using Graft.Torch;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.T5;

/// <summary>The encoder's or the decoder's blocks, with their relative bias and the norm at the end.</summary>
internal sealed class T5Stack : Layer
{
    private readonly T5Block[] _blocks;
    private readonly Norm _finalNorm;
    private readonly RelativeBuckets _buckets;
    private readonly double _dropout;
    private readonly int _embeddingSite;
    private readonly int _finalSite;

    public T5Stack(T5Config config, bool decoder)
    {
        _dropout = config.Dropout;
        (_embeddingSite, _finalSite) = decoder
            ? (DropoutSites.DecoderEmbeddings, DropoutSites.DecoderFinalStates)
            : (DropoutSites.Embeddings, DropoutSites.FinalStates);
        int first = decoder ? config.LayerCount : 0; // a decoder's dropout sites come after the encoder's
        int count = decoder ? config.DecoderLayerCount : config.LayerCount;
        _blocks = [.. Enumerable.Range(0, count).Select(i => Add($"block.{i}", new T5Block(config, decoder, i == 0, first + i)))];
        _finalNorm = Add("final_layer_norm", new Norm(config.HiddenSize, config.LayerNormEps, rootMeanSquare: true));
        _buckets = new RelativeBuckets(config.Buckets, config.MaxDistance, causal: decoder);
    }

    public IReadOnlyList<T5Block> Blocks => _blocks;

    /// <summary>[…, D] → […, D].</summary>
    /// <param name="states">Word vectors.</param>
    /// <param name="input">This side's input.</param>
    /// <param name="context">This side's layout, dropout, cache.</param>
    /// <param name="encoded">The encoder's states; null in the encoder.</param>
    /// <param name="cross">Which tokens attend to which of them.</param>
    public Tensor Forward(Tensor states, EncoderInput input, LayerContext context, Tensor? encoded = null, AttentionLayout? cross = null)
    {
        states = Ops.Dropout(states, _dropout, context.Site(_embeddingSite));
        AttentionCore attention = _blocks[0].SelfAttention;
        long keys = input.Longest + (input.Cache?.Length ?? 0) + attention.ExtraKeys;
        Tensor bias = _buckets.Bias(_blocks[0].RelativeBias!.Weight, input.Longest, keys);
        foreach (T5Block block in _blocks)
        {
            context.HiddenStates?.Add(states);
            states = context.Run([states, bias, encoded], x => block.Forward(x[0]!, context, x[1]!, x[2], cross));
        }

        states = Ops.Dropout(_finalNorm.Forward(states), _dropout, context.Site(_finalSite));
        context.HiddenStates?.Add(states);
        return states;
    }
}
