using Graft.Graphs;
using Graft.Layers;
using Graft.Torch;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.ModernBert;

/// <summary>
/// ModernBERT (Warner et al. 2024, §2.1): an encoder with the norm before each half, no biases, rotary positions, gated feed-forward
/// halves, and layers that see the whole text alternating with layers that see a window. It is made to run unpadded (§2.1.2): the packed
/// layout.
/// </summary>
internal sealed class ModernBert : Backbone
{
    private readonly ModernBertConfig _config;
    private readonly EmbeddingTable _words;
    private readonly Norm _embeddingNorm;
    private readonly ModernBertBlock[] _blocks;
    private readonly Norm _finalNorm;

    public ModernBert(ModernBertConfig config)
        : base(config)
    {
        _config = config;
        _words = Add("embeddings.tok_embeddings", new EmbeddingTable(
            "token id", config.VocabularySize, config.HiddenSize, config.InitializerRange, config.PadTokenId, config.InitializerCutoff));
        _embeddingNorm = Add("embeddings.norm", new Norm(config.HiddenSize, config.NormEps, config.NormBias));
        _blocks = [.. Enumerable.Range(0, config.LayerCount).Select(i => Add($"layers.{i}", new ModernBertBlock(config, i)))];
        _finalNorm = Add("final_norm", new Norm(config.HiddenSize, config.NormEps, config.NormBias));
    }

    public override EmbeddingTable Words => _words;

    public override IReadOnlyList<TransformerBlock> Blocks => _blocks;

    public override BackboneOutput Forward(EncoderInput input)
    {
        EncoderInput.Validate(input);
        input = Prompt.Apply(input, Words);
        LayerContext context = new(input, LayerContext.LayoutOf(input)) { Recompute = GradientCheckpointing };
        AttentionLayout local = context.Layout.WithWindow(_config.Window);
        Dictionary<double, Rotary> rotaries = Rotaries(input);
        Tensor states = _embeddingNorm.Forward(input.InputsEmbeds ?? Words.Forward(input.InputIds));
        states = Ops.Dropout(states, _config.EmbeddingDropout, context.Site(DropoutSites.Embeddings));
        for (int i = 0; i < _blocks.Length; i++)
        {
            context.HiddenStates?.Add(states);
            (ModernBertBlock block, AttentionLayout layout, Rotary rotary) = (
                _blocks[i],
                _config.IsGlobal(i) ? context.Layout : local,
                rotaries[_config.Theta(i)]
            );
            states = context.Run([states], x => block.Forward(x[0]!, context, layout, rotary));
        }

        states = _finalNorm.Forward(states);
        context.HiddenStates?.Add(states);
        return new BackboneOutput { LastHiddenState = states, HiddenStates = context.HiddenStates, Attentions = context.Attentions };
    }

    internal override GraphStates Draw(GraphContext graph)
    {
        RequireNoPrompt();
        GraphBuilder g = graph.Builder;
        int size = _config.HiddenSize / _config.HeadCount;
        Dictionary<double, GraphRotary> rotaries = Enumerable
            .Range(0, _blocks.Length)
            .Select(_config.Theta)
            .Distinct()
            .ToDictionary(theta => theta, theta => new GraphRotary(graph, size, theta));
        Value inWindow = g.Op(
            "LessOrEqual",
            [g.Op("Abs", [g.Distances(graph.Tokens, _config.Window + 1)]), g.Integers([_config.Window], [])]
        );
        Value local = g.Unsqueeze(g.Where(inWindow, g.Number(0), g.Number(g.Least)), 0, 1); // [1, 1, T, T]
        Value states = _embeddingNorm.Draw(graph, _words.Draw(graph, graph.InputIds));
        for (int i = 0; i < _blocks.Length; i++)
        {
            graph.HiddenStates.Add(states);
            states = _blocks[i].Draw(graph, states, _config.IsGlobal(i) ? null : local, rotaries[_config.Theta(i)]);
        }

        states = _finalNorm.Draw(graph, states);
        graph.HiddenStates.Add(states);
        return new GraphStates(states);
    }

    /// <summary>One table for each base that some layer uses.</summary>
    private Dictionary<double, Rotary> Rotaries(EncoderInput input)
    {
        Tensor positions = input.PositionIds ?? PositionIds.FromStart(input, PrefixLength);
        int size = _config.HiddenSize / _config.HeadCount;
        return Enumerable
            .Range(0, _blocks.Length)
            .Select(_config.Theta)
            .Distinct()
            .ToDictionary(theta => theta, theta => new Rotary(positions, size, theta));
    }
}
