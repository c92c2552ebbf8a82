using Graft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.Electra;

/// <summary>
/// ELECTRA (Clark et al. 2020, §2): BERT's encoder as a discriminator that finds the tokens a small generator replaced. Word vectors may be
/// smaller than the states; a matrix then widens them.
/// </summary>
internal sealed class Electra : PostNormBackbone
{
    private readonly Projection? _widen;
    private readonly PostNormBlock[] _blocks;

    public Electra(ElectraConfig config)
        : base(config, Shape(config))
    {
        if (config.EmbeddingSize != config.HiddenSize)
            _widen = Add("embeddings_project", new Projection(config.EmbeddingSize, config.HiddenSize, Init.Normal(config.InitializerRange)));
        BlockShape block = new(
            config.HiddenSize, config.HeadCount, config.IntermediateSize, config.Activation, config.LayerNormEps, config.HiddenDropout,
            config.HiddenDropout, config.AttentionDropout, config.InitializerRange);
        _blocks = [.. Enumerable.Range(0, config.LayerCount).Select(i => Add($"encoder.layer.{i}", new PostNormBlock(BlockNames.Bert, block, i)))];
    }

    internal override IReadOnlyList<TransformerBlock> Blocks => _blocks;

    /// <summary>The generator's tables of words, positions and segments are the discriminator's (§3.2): both learn them.</summary>
    internal void ShareEmbeddings(Electra discriminator) => Embeddings.ShareWith(discriminator.Embeddings);

    protected override Tensor Embed(EncoderInput input, LayerContext context)
    {
        Tensor embedded = base.Embed(input, context);
        return _widen is null ? embedded : _widen.Forward(embedded, context);
    }

    private static EmbeddingShape Shape(ElectraConfig config) => new(
        config.VocabularySize, config.Positions, config.Types, config.EmbeddingSize, config.LayerNormEps, config.HiddenDropout,
        config.InitializerRange, config.PadTokenId);
}
