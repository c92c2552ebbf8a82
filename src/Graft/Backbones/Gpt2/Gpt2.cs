using Graft.Layers;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.Gpt2;

/// <summary>
/// GPT-2 (Radford et al. 2019, §2.3): a decoder that sees what is before each token, with the norm before each half, one more norm at the
/// end, and learned positions. Its matrices are stored [in, out].
/// </summary>
internal sealed class Gpt2 : Backbone
{
    private readonly Gpt2Config _config;
    private readonly EmbeddingTable _words;
    private readonly EmbeddingTable _positions;
    private readonly Gpt2Block[] _blocks;
    private readonly Norm _finalNorm;

    public Gpt2(Gpt2Config config)
        : base(config)
    {
        _config = config;
        _words = Add("wte", new EmbeddingTable("token id", config.VocabularySize, config.HiddenSize, config.InitializerRange));
        _positions = Add("wpe", new EmbeddingTable("position", config.Positions, config.HiddenSize, config.InitializerRange));
        _blocks = [.. Enumerable.Range(0, config.LayerCount).Select(i => Add($"h.{i}", new Gpt2Block(config, i)))];
        _finalNorm = Add("ln_f", new Norm(config.HiddenSize, config.LayerNormEps));
    }

    public override bool ReadsSegments => false;

    public override EmbeddingTable Words => _words;

    public override IReadOnlyList<TransformerBlock> Blocks => _blocks;

    public override BackboneOutput Forward(EncoderInput input)
    {
        EncoderInput.Validate(input);
        input = Prompt.Apply(input, Words);
        LayerContext context = new(input, LayerContext.LayoutOf(input, causal: true)) { Recompute = GradientCheckpointing };
        Tensor states = Embed(input, context);
        foreach (Gpt2Block block in _blocks)
        {
            context.HiddenStates?.Add(states);
            states = context.Run([states], x => block.Forward(x[0]!, context));
        }

        input.Cache?.Advance(input.Leading[1]);
        states = _finalNorm.Forward(states);
        context.HiddenStates?.Add(states);
        return new BackboneOutput { LastHiddenState = states, HiddenStates = context.HiddenStates, Attentions = context.Attentions };
    }

    private Tensor Embed(EncoderInput input, LayerContext context)
    {
        long before = PrefixLength + (input.Cache?.Length ?? 0);
        PositionIds.Require(input.Longest + before, _config.Positions, "wpe");
        Tensor states =
            (input.InputsEmbeds ?? Words.Forward(input.InputIds))
            + _positions.Forward(input.PositionIds ?? PositionIds.FromStart(input, before));
        if (input.TokenTypeIds is not null)
            states = states + Words.Forward(input.TokenTypeIds); // GPT-2 takes segments from the word table
        return Ops.Dropout(states, _config.EmbeddingDropout, context.Site(DropoutSites.Embeddings));
    }
}
