using Graft.Backbones.Bert;
using Graft.Layers;
using Graft.Torch.Operations;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Backbones.DebertaV2;

/// <summary>
/// DeBERTa-v2 and v3 (He et al. 2021, §3.1; He et al. 2023): a word's content and its position are two vectors, and scores are sums of
/// content-to-content, content-to-position and position-to-content products of relative positions. v2 has a convolution beside its first
/// layer. Padded tokens' vectors are zero.
/// </summary>
internal sealed partial class DebertaV2 : BertEncoder
{
    private readonly DebertaV2Config _config;
    private readonly EmbeddingTable? _relative;
    private readonly Norm? _relativeNorm;
    private readonly Convolution? _convolution;

    public DebertaV2(DebertaV2Config config)
        : base(config)
    {
        _config = config;
        Layers = [.. Enumerable.Range(0, config.LayerCount).Select(i => Add($"encoder.layer.{i}", new BertLayer(config, BertLayerNames.Published, i, new DisentangledAttention(config, i))))];
        if (config.IsRelative) _relative = Add("encoder.rel_embeddings", new EmbeddingTable("distance", 2 * config.Span, config.HiddenSize, config.InitializerRange));
        if (config.NormalisesRelative) _relativeNorm = Add("encoder.LayerNorm", new Norm(config.HiddenSize, config.LayerNormEps));
        if (config.ConvolutionWidth > 0) _convolution = Add("encoder.conv", new Convolution(config));
    }

    /// <summary>Distances pass through the projections of the words.</summary>
    internal override bool MixesAdapters => !_config.SharesMatrices;

    /// <summary>The position products differ for each pair of tokens and text, so a packed batch is padded for this family.</summary>
    public override BackboneOutput Forward(EncoderInput input)
    {
        if (!input.IsPacked) return base.Forward(input);
        EncoderInput.Validate(input);
        (EncoderInput padded, Tensor rows) = Packing.Pad(input);
        BackboneOutput output = base.Forward(padded);
        Tensor Pack(Tensor states) => states.reshape(-1, states.shape[^1]).index_select(0, rows);
        return output with { LastHiddenState = Pack(output.LastHiddenState), HiddenStates = output.HiddenStates?.Select(Pack).ToList() };
    }

    private protected override Tensor Embed(EncoderInput input, LayerContext context)
    {
        Tensor states = Embeddings.Normalised(input, PrefixLength);
        if (input.AttentionMask is not null) states = states * input.AttentionMask.to(states.dtype).unsqueeze(-1);
        return Ops.Dropout(states, _config.HiddenDropout, context.Site(DropoutSites.Embeddings));
    }

    private protected override Tensor Encode(Tensor states, EncoderInput input, LayerContext context)
    {
        Tensor embedded = states;
        Tensor? distances = RelativeTable();
        for (int i = 0; i < Layers.Length; i++)
        {
            context.HiddenStates?.Add(states);
            BertLayer block = Layers[i];
            states = context.Run([states, distances], x => block.Forward(x[0]!, context, x[1]));
            if (i == 0 && _convolution is not null) states = _convolution.Forward(embedded, states, input.AttentionMask, context);
        }

        return states;
    }

    /// <summary>A vector for each bucket of distance, [2·span, D]; null without relative attention.</summary>
    private Tensor? RelativeTable()
    {
        if (_relative is null) return null;
        return _relativeNorm is null ? _relative.Weight : _relativeNorm.Forward(_relative.Weight);
    }

    /// <summary>LN(first layer + act(Conv(embeddings))): v2's look at neighbouring tokens.</summary>
    private sealed partial class Convolution : Layer
    {
        private readonly Parameter _weight;
        private readonly Parameter _bias;
        private readonly Norm _norm;
        private readonly DebertaV2Config _config;

        public Convolution(DebertaV2Config config)
        {
            _config = config;
            long[] shape = [config.HiddenSize, config.HiddenSize / config.ConvolutionGroups, config.ConvolutionWidth];
            _weight = Declare("conv.weight", shape, Init.Normal(config.InitializerRange));
            _bias = Declare("conv.bias", [config.HiddenSize], Init.Zeros);
            _norm = Add("LayerNorm", new Norm(config.HiddenSize, config.LayerNormEps));
        }

        public Tensor Forward(Tensor embedded, Tensor states, Tensor? attentionMask, LayerContext context)
        {
            Tensor beside = functional.conv1d(
                embedded.transpose(1, 2), _weight, _bias, padding: (_config.ConvolutionWidth - 1) / 2, groups: _config.ConvolutionGroups).transpose(1, 2);
            Tensor? mask = attentionMask?.to(states.dtype).unsqueeze(-1); // [B, T, 1]
            if (mask is not null) beside = beside * mask;
            beside = Ops.Dropout(beside, _config.HiddenDropout, context.Site(DropoutSites.FinalStates));
            Tensor sum = _norm.Forward(states + Ops.Activate(beside, _config.ConvolutionActivation));
            return mask is null ? sum : sum * mask;
        }
    }
}
