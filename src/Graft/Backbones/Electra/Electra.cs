using Graft.Graphs;
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
    private readonly PostNormBlock[] _blocks;

    public Electra(ElectraConfig config)
        : base(config, Shape(config))
    {
        if (config.EmbeddingSize != config.HiddenSize)
            Widen = Add("embeddings_project", new Projection(config.EmbeddingSize, config.HiddenSize, Init.Normal(config.InitializerRange)));
        BlockShape block = new(
            config.HiddenSize, config.HeadCount, config.IntermediateSize, config.Activation, config.LayerNormEps, config.HiddenDropout,
            config.HiddenDropout, config.AttentionDropout, config.InitializerRange);
        _blocks = [.. Enumerable.Range(0, config.LayerCount).Select(i => Add($"encoder.layer.{i}", new PostNormBlock(BlockNames.Bert, block, i)))];
    }

    /// <summary>[E] → [D]; null where word vectors are as wide as the states.</summary>
    internal Projection? Widen { get; }

    internal override IReadOnlyList<TransformerBlock> Blocks => _blocks;

    /// <summary>The generator's tables of words, positions and segments are the discriminator's (§3.2): both learn them.</summary>
    internal void ShareEmbeddings(Electra discriminator) => Embeddings.ShareWith(discriminator.Embeddings);

    protected override Tensor Embed(EncoderInput input, LayerContext context)
    {
        Tensor embedded = base.Embed(input, context);
        return Widen is null ? embedded : Widen.Forward(embedded, context);
    }

    protected override Value DrawEmbeddings(GraphContext graph)
    {
        Value embedded = base.DrawEmbeddings(graph);
        return Widen is null ? embedded : Widen.Draw(graph, embedded);
    }

    private static EmbeddingShape Shape(ElectraConfig config) => new(
        config.VocabularySize, config.Positions, config.Types, config.EmbeddingSize, config.LayerNormEps, config.HiddenDropout,
        config.InitializerRange, config.PadTokenId);
}
