using Graft.Backbones;
using Graft.Layers;
using Graft.Torch.Operations;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Heads;

/// <summary>Scores of every vocabulary entry: transform, then the word table (shared with the input) and a bias.</summary>
internal abstract class LanguageModelHead : Head
{
    private readonly Transform? _transform;
    private readonly EmbeddingTable _words;
    private readonly Projection? _decoder;
    private readonly Parameter? _bias;
    private readonly double _scale;

    private protected LanguageModelHead(string kind, LanguageModelRecipe recipe, ModelConfig config, EmbeddingTable words)
        : base(kind)
    {
        _words = words;
        _scale = recipe.Scale;
        _transform = recipe.Transform is null ? null : new Transform(recipe.Transform, config, this);
        if (recipe.Decoder is not null)
        {
            Init init = Init.Normal(recipe.DecoderDeviation ?? config.InitializerRange);
            bool hasBias = recipe.Bias == recipe.Decoder + ".bias";
            _decoder = Add(recipe.Decoder, new Projection(words.Width, words.Rows, init, bias: hasBias));
            if (hasBias) _bias = _decoder.Bias;
        }

        if (recipe.Bias is not null && _bias is null) _bias = Declare(recipe.Bias, [words.Rows], Init.Zeros);
    }

    /// <summary>Vocabulary scores of any rows of hidden states: all tokens, or only the masked ones, which costs a seventh.</summary>
    /// <param name="states">[…, D].</param>
    /// <returns>[…, V].</returns>
    public Tensor Score(Tensor states)
    {
        if (_scale != 1) states = states * _scale;
        if (_transform is not null) states = _transform.Forward(states, LayerContext.Rowwise);
        return Decode(states, _bias);
    }

    /// <inheritdoc/>
    public override HeadOutput Forward(BackboneOutput states, EncoderInput input, Targets? targets = null) =>
        new() { Logits = Score(states.LastHiddenState) };

    /// <summary>The product with the word table (or the matrix of its own).</summary>
    private protected Tensor Decode(Tensor states, Tensor? bias) => Ops.Linear(states, _decoder?.Weight ?? _words.Weight, bias);
}
