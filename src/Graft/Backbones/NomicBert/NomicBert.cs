using Graft.Backbones.Bert;
using Graft.Layers;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.NomicBert;

/// <summary>
/// NomicBERT (Nussbaum et al. 2024, §3.1): BERT for long texts, with rotary positions, gated feed-forward halves and no biases in the
/// projections. Alibaba's GTE (Zhang et al. 2024, §2.1) is the same with biases and a dropout more. Legend: B batch, T tokens, D width.
/// </summary>
internal sealed partial class NomicBert : Backbone
{
    private readonly NomicBertConfig _config;
    private readonly EmbeddingTable _words;
    private readonly EmbeddingTable? _types;
    private readonly Norm _embeddingNorm;
    private readonly NomicBertLayer[] _layers;
    private readonly BertPooler? _pooler;

    /// <param name="config">Sizes and rates.</param>
    /// <param name="names">The names of the parts, in the checkpoint's layout.</param>
    /// <param name="pooler">Whether the head uses the pooled state.</param>
    public NomicBert(NomicBertConfig config, NomicBertNames names, bool pooler)
        : base(config)
    {
        _config = config;
        Init init = Init.Normal(config.InitializerRange);
        _words = Add(
            "embeddings.word_embeddings",
            new EmbeddingTable("token id", config.VocabularySize, config.HiddenSize, config.InitializerRange, config.PadTokenId)
        );
        if (config.Types > 0)
            _types = Add(
                "embeddings.token_type_embeddings",
                new EmbeddingTable("segment", config.Types, config.HiddenSize, config.InitializerRange)
            );
        _embeddingNorm = Add(names.EmbeddingNorm, new Norm(config.HiddenSize, config.LayerNormEps));
        _layers = [.. Enumerable.Range(0, config.LayerCount).Select(i => Add($"{names.Layers}.{i}", new NomicBertLayer(config, names, i)))];
        if (pooler) _pooler = new BertPooler(Add("pooler.dense", new Projection(config.HiddenSize, config.HiddenSize, init)));
    }

    public override EmbeddingTable Words => _words;

    public override IReadOnlyList<TransformerBlock> Blocks => _layers;

    public override bool HasPooler => _pooler is not null;

    public override BackboneOutput Forward(EncoderInput input)
    {
        EncoderInput.Validate(input);
        if (_config.PositionLimit is int limit)
            PositionIds.Require(input.Longest + PrefixLength, limit, "rotary_scaling_factor: beyond max_trained_positions");
        input = Prompt.Apply(input, Words);
        LayerContext context = new(input, LayerContext.LayoutOf(input)) { Recompute = GradientCheckpointing };
        Rotary rotary = new(
            input.PositionIds ?? PositionIds.FromStart(input, PrefixLength),
            _config.HeadSize,
            _config.RotaryBase,
            _config.RotaryDivisor
        );
        Tensor states = Embed(input, context);
        foreach (NomicBertLayer layer in _layers)
        {
            context.HiddenStates?.Add(states);
            states = context.Run([states], x => layer.Forward(x[0]!, context, rotary));
        }

        context.HiddenStates?.Add(states);
        return new BackboneOutput
        {
            LastHiddenState = states,
            PoolerOutput = _pooler?.Forward(Pooling.First(states, input), context),
            HiddenStates = context.HiddenStates,
            Attentions = context.Attentions,
        };
    }

    /// <summary>Drop(LN(word + segment)), [B, T, D]: positions are in the attention.</summary>
    private Tensor Embed(EncoderInput input, LayerContext context)
    {
        Tensor sum = input.InputsEmbeds ?? _words.Forward(input.InputIds);
        if (_types is not null) sum = sum + (input.TokenTypeIds is null ? _types.Weight.select(0, 0) : _types.Forward(input.TokenTypeIds));
        return Ops.Dropout(_embeddingNorm.Forward(sum), _config.HiddenDropout, context.Site(DropoutSites.Embeddings));
    }
}
