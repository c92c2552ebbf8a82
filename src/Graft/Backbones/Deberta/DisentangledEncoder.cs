using Graft.Backbones.Bert;
using Graft.Layers;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.Deberta;

/// <summary>
/// What DeBERTa and DeBERTa-v2 share (He et al. 2021, §3.1): BERT's encoder with attention that keeps a word's content and its position
/// apart.
/// A table has a vector for every distance; padded tokens' vectors are zero.
/// </summary>
internal abstract partial class DisentangledEncoder : BertEncoder
{
    private readonly DebertaConfig _config;
    private readonly EmbeddingTable? _relative;

    private protected DisentangledEncoder(DebertaConfig config, Func<int, EncoderAttention> attention)
        : base(config)
    {
        _config = config;
        Layers =
        [
            .. Enumerable
                .Range(0, config.LayerCount)
                .Select(i => Add($"encoder.layer.{i}", new BertLayer(config, BertLayerNames.Published, i, attention(i)))),
        ];
        if (config.IsRelative)
            _relative = Add(
                "encoder.rel_embeddings",
                new EmbeddingTable("distance", 2 * config.Span, config.HiddenSize, config.InitializerRange)
            );
    }

    /// <summary>The position products differ for each pair of tokens and text, so a packed batch is padded for these families.</summary>
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
        Tensor? distances = _relative is null ? null : Distances(_relative.Weight);
        for (int i = 0; i < Layers.Length; i++)
        {
            context.HiddenStates?.Add(states);
            BertLayer layer = Layers[i];
            states = context.Run([states, distances], x => layer.Forward(x[0]!, context, x[1]));
            if (i == 0) states = AfterFirstLayer(embedded, states, input, context);
        }

        return states;
    }

    /// <summary>A vector for each distance or bucket of distance, [2·span, D].</summary>
    private protected virtual Tensor Distances(Tensor table) => table;

    /// <summary>What the first layer gives, and perhaps something beside it.</summary>
    private protected virtual Tensor AfterFirstLayer(Tensor embedded, Tensor states, EncoderInput input, LayerContext context) => states;
}
