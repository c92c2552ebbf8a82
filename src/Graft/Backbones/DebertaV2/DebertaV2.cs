using Graft.Graphs;
using Graft.Layers;
using Graft.Torch;
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
internal sealed class DebertaV2 : PostNormBackbone
{
    private readonly DebertaV2Config _config;
    private readonly DisentangledBlock[] _blocks;
    private readonly EmbeddingTable? _relative;
    private readonly Norm? _relativeNorm;
    private readonly Convolution? _convolution;

    public DebertaV2(DebertaV2Config config)
        : base(config, Shape(config))
    {
        _config = config;
        _blocks = [.. Enumerable.Range(0, config.LayerCount).Select(i => Add($"encoder.layer.{i}", new DisentangledBlock(config, i)))];
        if (config.IsRelative) _relative = Add("encoder.rel_embeddings", new EmbeddingTable("distance", 2 * config.Span, config.HiddenSize, config.InitializerRange));
        if (config.NormalisesRelative) _relativeNorm = Add("encoder.LayerNorm", new Norm(config.HiddenSize, config.LayerNormEps));
        if (config.ConvolutionWidth > 0) _convolution = Add("encoder.conv", new Convolution(config));
    }

    internal override IReadOnlyList<TransformerBlock> Blocks => _blocks;

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

    protected override Tensor Embed(EncoderInput input, LayerContext context)
    {
        Tensor states = Embeddings.Normalised(input, PrefixLength);
        if (input.AttentionMask is not null) states = states * input.AttentionMask.to(states.dtype).unsqueeze(-1);
        return Ops.Dropout(states, _config.HiddenDropout, context.Site(DropoutSites.Embeddings));
    }

    protected override Tensor Encode(Tensor states, EncoderInput input, LayerContext context)
    {
        Tensor embedded = states;
        Tensor? distances = RelativeTable();
        for (int i = 0; i < _blocks.Length; i++)
        {
            context.HiddenStates?.Add(states);
            DisentangledBlock block = _blocks[i];
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

    protected override Value DrawEmbeddings(GraphContext graph) => graph.Builder.Mul(base.DrawEmbeddings(graph), DrawMask(graph));

    protected override Value DrawEncoder(GraphContext graph, Value states)
    {
        Value embedded = states;
        Value? distances = _relative is null ? null
            : _relativeNorm is null ? graph.Weight(_relative.Weight)
            : _relativeNorm.Draw(graph, graph.Weight(_relative.Weight));
        for (int i = 0; i < _blocks.Length; i++)
        {
            graph.HiddenStates.Add(states);
            states = _blocks[i].Draw(graph, states, distances);
            if (i == 0 && _convolution is not null) states = _convolution.Draw(graph, embedded, states, DrawMask(graph));
        }

        return states;
    }

    /// <summary>1 for tokens and 0 for padding, [B, T, 1].</summary>
    private static Value DrawMask(GraphContext graph) => graph.Builder.ToFloat(graph.Builder.Unsqueeze(graph.AttentionMask, 2));

    private static EmbeddingShape Shape(DebertaV2Config config) => new(
        config.VocabularySize, config.HasAbsolutePositions ? config.Positions : 0, config.Types, config.HiddenSize, config.LayerNormEps,
        config.HiddenDropout, config.InitializerRange, config.PadTokenId);

    /// <summary>LN(first layer + act(Conv(embeddings))): v2's look at neighbouring tokens.</summary>
    private sealed class Convolution : Layer
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

        public Value Draw(GraphContext graph, Value embedded, Value states, Value mask)
        {
            GraphBuilder g = graph.Builder;
            long padding = (_config.ConvolutionWidth - 1) / 2;
            Value beside = g.Op(
                "Conv", [g.Transpose(embedded, 0, 2, 1), graph.Weight(_weight), graph.Weight(_bias)],
                ("pads", new[] { padding, padding }), ("group", (long)_config.ConvolutionGroups), ("kernel_shape", new[] { (long)_config.ConvolutionWidth }));
            beside = g.Mul(g.Transpose(beside, 0, 2, 1), mask);
            return g.Mul(_norm.Draw(graph, g.Add(states, g.Activate(beside, _config.ConvolutionActivation))), mask);
        }
    }
}
