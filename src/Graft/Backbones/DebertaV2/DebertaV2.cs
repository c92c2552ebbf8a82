using Graft.Backbones.Deberta;
using Graft.Layers;
using Graft.Torch.Operations;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Backbones.DebertaV2;

/// <summary>
/// DeBERTa-v2 and v3 (He et al. 2021; He et al. 2023): DeBERTa with logarithmic buckets of distance, whose vectors may be normalised and
/// pass through the matrices of the words. v2 has a convolution beside its first layer.
/// </summary>
internal sealed partial class DebertaV2 : DisentangledEncoder
{
    private readonly DebertaV2Config _config;
    private readonly Norm? _relativeNorm;
    private readonly Convolution? _convolution;

    public DebertaV2(DebertaV2Config config)
        : base(config, i => new DisentangledAttention(config, i))
    {
        _config = config;
        if (config.NormalisesRelative) _relativeNorm = Add("encoder.LayerNorm", new Norm(config.HiddenSize, config.LayerNormEps));
        if (config.ConvolutionWidth > 0) _convolution = Add("encoder.conv", new Convolution(config));
    }

    /// <summary>Distances pass through the projections of the words.</summary>
    internal override bool MixesAdapters => !_config.SharesMatrices;

    private protected override Tensor Distances(Tensor table) => _relativeNorm is null ? table : _relativeNorm.Forward(table);

    private protected override Tensor AfterFirstLayer(Tensor embedded, Tensor states, EncoderInput input, LayerContext context) =>
        _convolution is null ? states : _convolution.Forward(embedded, states, input.AttentionMask, context);

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
            Tensor beside = functional
                .conv1d(
                    embedded.transpose(1, 2),
                    _weight,
                    _bias,
                    padding: (_config.ConvolutionWidth - 1) / 2,
                    groups: _config.ConvolutionGroups
                )
                .transpose(1, 2);
            Tensor? mask = attentionMask?.to(states.dtype).unsqueeze(-1); // [B, T, 1]
            if (mask is not null) beside = beside * mask;
            beside = Ops.Dropout(beside, _config.HiddenDropout, context.Site(DropoutSites.FinalStates));
            Tensor sum = _norm.Forward(states + Ops.Activate(beside, _config.ConvolutionActivation));
            return mask is null ? sum : sum * mask;
        }
    }
}
