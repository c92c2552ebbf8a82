using Graft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.EuroBert;

/// <summary>
/// EuroBERT (Boizard et al. 2025, §2.1): the decoder that large models share (root-mean-square norms before each half, rotary positions,
/// grouped keys and values, gated feed-forward halves) as an encoder: every token sees the whole text. Legend: B batch, T tokens, D width.
/// </summary>
internal sealed partial class EuroBert : Backbone
{
    private readonly EuroBertConfig _config;
    private readonly EmbeddingTable _words;
    private readonly EuroBertLayer[] _layers;
    private readonly Norm _finalNorm;

    public EuroBert(EuroBertConfig config)
        : base(config)
    {
        _config = config;
        _words = Add(
            "embed_tokens",
            new EmbeddingTable("token id", config.VocabularySize, config.HiddenSize, config.InitializerRange, config.PadTokenId)
        );
        _layers = [.. Enumerable.Range(0, config.LayerCount).Select(i => Add($"layers.{i}", new EuroBertLayer(config, i)))];
        _finalNorm = Add("norm", new Norm(config.HiddenSize, config.NormEps, rootMeanSquare: true));
    }

    public override bool ReadsSegments => false;

    public override EmbeddingTable Words => _words;

    public override IReadOnlyList<TransformerBlock> Blocks => _layers;

    public override BackboneOutput Forward(EncoderInput input)
    {
        EncoderInput.Validate(input);
        input = Prompt.Apply(input, Words);
        LayerContext context = new(input, LayerContext.LayoutOf(input)) { Recompute = GradientCheckpointing };
        Rotary rotary = new(input.PositionIds ?? PositionIds.FromStart(input, PrefixLength), _config.HeadSize, _config.RotaryBase);
        Tensor states = input.InputsEmbeds ?? _words.Forward(input.InputIds); // [B, T, D]
        foreach (EuroBertLayer layer in _layers)
        {
            context.HiddenStates?.Add(states);
            states = context.Run([states], x => layer.Forward(x[0]!, context, rotary));
        }

        states = _finalNorm.Forward(states);
        context.HiddenStates?.Add(states);
        return new BackboneOutput { LastHiddenState = states, HiddenStates = context.HiddenStates, Attentions = context.Attentions };
    }
}
