using Graft.Layers;
using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.T5;

/// <summary>What a T5 does with its decoder.</summary>
internal enum T5Decoder
{
    /// <summary>It has none.</summary>
    None,

    /// <summary>It is given a target.</summary>
    WritesTarget,

    /// <summary>It reads the text itself once more, one place to the right, and its states are judged (classifiers).</summary>
    ReadsText,
}

/// <summary>
/// T5 (Raffel et al. 2020, §2.1): an encoder, and perhaps a decoder that looks at its states, with norms that only rescale, no biases, no
/// absolute positions and no scaling of scores. Each stack's first block has a relative bias that all its blocks add.
/// </summary>
internal sealed class T5 : Backbone
{
    private readonly EmbeddingTable _shared;
    private readonly T5Stack _encoder;
    private readonly T5Stack? _decoder;
    private readonly bool _readsText;
    private readonly int _start;

    public T5(T5Config config, T5Decoder decoder)
        : base(config)
    {
        (_readsText, _start) = (decoder == T5Decoder.ReadsText, config.DecoderStartTokenId ?? config.PadTokenId ?? 0);
        _shared = Add("shared", new EmbeddingTable("token id", config.VocabularySize, config.HiddenSize, config.InitializerFactor));
        _encoder = Add("encoder", new T5Stack(config, decoder: false));
        _decoder = decoder != T5Decoder.None ? Add("decoder", new T5Stack(config, decoder: true)) : null;
        Blocks = [.. _encoder.Blocks, .. _decoder?.Blocks ?? []];
    }

    public override EmbeddingTable Words => _shared;

    public override IReadOnlyList<TransformerBlock> Blocks { get; }

    public override BackboneOutput Forward(EncoderInput input)
    {
        EncoderInput.Validate(input);
        if (_readsText) input = WithTextAsTarget(input);
        input = Prompt.Apply(input, Words);
        BackboneOutput encoded = input.EncoderStates is null ? Encode(input) : new BackboneOutput { LastHiddenState = input.EncoderStates };
        if (input.Decoder is not EncoderInput target)
            return encoded;
        if (_decoder is null)
            throw new ArgumentException("this T5 has no decoder: load it with a sequence-to-sequence head", nameof(input));
        EncoderInput.Validate(target);
        LayerContext context = new(target, LayerContext.LayoutOf(target, causal: true)) { Recompute = GradientCheckpointing };
        AttentionLayout cross = input.IsPacked
            ? AttentionLayout.Packed(target.Boundaries!, keyBoundaries: input.Boundaries)
            : LayerContext.LayoutOf(input);
        Tensor states = _decoder.Forward(Embed(target), target, context, encoded.LastHiddenState, cross);
        target.Cache?.Advance(target.Leading[1]);
        return new BackboneOutput
        {
            LastHiddenState = states,
            HiddenStates = context.HiddenStates,
            Attentions = context.Attentions,
            EncoderLastHiddenState = encoded.LastHiddenState,
        };
    }

    // The reference masks nothing of the target: padding lies behind the text, where no token looks.
    private EncoderInput WithTextAsTarget(EncoderInput input)
    {
        if (input.InputsEmbeds is not null || Prompt.Length > 0)
            throw new InputException(
                "this head of T5 reads the text's ids twice, and vectors before them only once: tune it with another strategy than prompt"
            );
        Tensor shifted = input.InputIds.roll(1, -1);
        if (input.IsPacked)
            shifted.index_fill_(0, tensor(input.Boundaries![..^1].Select(row => (long)row).ToArray()), _start);
        else
            shifted.select(1, 0).fill_(_start);
        return input with
        {
            Decoder = new EncoderInput
            {
                InputIds = shifted,
                Boundaries = input.Boundaries,
                AdapterRows = input.AdapterRows,
                Dropout = input.Dropout,
            },
        };
    }

    private BackboneOutput Encode(EncoderInput input)
    {
        LayerContext context = new(input, LayerContext.LayoutOf(input)) { Recompute = GradientCheckpointing };
        Tensor states = _encoder.Forward(Embed(input), input, context);
        return new BackboneOutput { LastHiddenState = states, HiddenStates = context.HiddenStates, Attentions = context.Attentions };
    }

    private Tensor Embed(EncoderInput input) => input.InputsEmbeds ?? _shared.Forward(input.InputIds);
}
