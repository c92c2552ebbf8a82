using Graft.Backbones;
using Graft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Tuning;

/// <summary>
/// Prompt tuning (Lester et al. 2021): n trained vectors before the text's embeddings, everything else frozen. As in PEFT the pooled token
/// is then the first vector. It matches full tuning only on very large models; on small ones it falls far behind.
/// </summary>
public sealed record PromptTuning : TuningStrategy
{
    /// <inheritdoc/>
    public override string Name => "prompt";

    /// <inheritdoc/>
    public override bool SavesAdapterOnly => true;

    /// <inheritdoc/>
    public override bool NeedsPaddedBatches => true;

    /// <inheritdoc/>
    public override int AddedTokens => VirtualTokens;

    /// <summary>n.</summary>
    /// <value>20</value>
    public int VirtualTokens { get; init; } = 20;

    /// <inheritdoc/>
    public override IEnumerable<(string Key, string Value)> Options =>
        [("virtual_tokens", FormattableString.Invariant($"{VirtualTokens}"))];

    /// <inheritdoc/>
    public override void Validate() => Require(VirtualTokens >= 1, "virtual-tokens", VirtualTokens, "at least 1");

    internal override void Fill(TunedParts parts, Layer model, Backbone backbone) =>
        backbone.Prompt.Tuning = parts.Add(VirtualVectors.Name, new PromptVectors(VirtualTokens, backbone.Words.Width));

    /// <summary>The vectors begin as rows of the vocabulary, which the paper found better than random ones.</summary>
    private protected override void OnFilled(TunedParts parts, Backbone backbone, ulong seed)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        CounterRandom random = new(CounterRandom.Key(seed, (ulong)VirtualTokens));
        long[] rows = [.. Enumerable.Range(0, VirtualTokens).Select(_ => (long)random.NextInt((int)backbone.Words.Rows))];
        ((PromptVectors)backbone.Prompt.Tuning!).Values.copy_(backbone.Words.Weight.index_select(0, tensor(rows)));
    }
}

/// <summary>
/// Prefix tuning (Li and Liang 2021): trained keys and values before those of every layer. Of an encoder-decoder model only the decoder's
/// self-attention has them, and the rows lie as PEFT tiles them there: as many as the encoder has layers.
/// </summary>
public sealed record PrefixTuning : TuningStrategy
{
    /// <inheritdoc/>
    public override string Name => "prefix";

    /// <inheritdoc/>
    public override bool SavesAdapterOnly => true;

    /// <summary>The number of keys a layer.</summary>
    /// <value>20</value>
    public int VirtualTokens { get; init; } = 20;

    /// <inheritdoc/>
    public override IEnumerable<(string Key, string Value)> Options =>
        [("virtual_tokens", FormattableString.Invariant($"{VirtualTokens}"))];

    /// <inheritdoc/>
    public override void Validate() => Require(VirtualTokens >= 1, "virtual-tokens", VirtualTokens, "at least 1");

    internal override void Fill(TunedParts parts, Layer model, Backbone backbone)
    {
        bool hasDecoder = backbone.Blocks.Any(block => block.CrossAttention is not null);
        TransformerBlock[] layers = [.. backbone.Blocks.Where(block => !hasDecoder || block.CrossAttention is not null)];
        int depth = DepthOn(backbone);
        if (layers.Length > depth)
            throw new InputException(
                $"prefix tuning has rows for the encoder's {depth} layers, and the decoder has {layers.Length}: prompt tuning or lora "
                    + $"work on such a model"
            );
        VirtualVectors rows = parts.Add(
            VirtualVectors.Name,
            new VirtualVectors(VirtualTokens, 2 * depth * layers[0].SelfAttention.Width, Init.Normal(0.02))
        );
        for (int layer = 0; layer < layers.Length; layer++)
        {
            int key = hasDecoder ? 4 * layer % (2 * depth) : 2 * layer;
            layers[layer].SelfAttention.Tuning = new PrefixOfLayer(rows.Values, key, 2 * depth, layers[layer].SelfAttention.Heads);
        }
    }

    /// <summary>For how many layers there are rows: the encoder's, of a model that has one.</summary>
    internal static int DepthOn(Backbone backbone) => backbone.Blocks.Count(block => block.CrossAttention is null);
}

/// <summary>Vectors of virtual tokens, stored as PEFT stores them: one tensor <c>prompt_embeddings</c>.</summary>
internal class VirtualVectors : Layer
{
    public const string Name = "prompt_embeddings";

    public VirtualVectors(int count, long width, Init init) => Values = Declare("weight", [count, width], init);

    /// <summary>[n, width].</summary>
    public Parameter Values { get; }
}

/// <summary>Fills the slot of the input.</summary>
internal sealed class PromptVectors(int count, long width) : VirtualVectors(count, width, Init.Zeros), IEmbeddingsTuning
{
    public int Length => (int)Values.shape[0];

    public Tensor Vectors(EncoderInput input) => Values.unsqueeze(0);
}

/// <summary>One layer's share of the prefix: rows of [n, 2·layers, H, N].</summary>
internal sealed class PrefixOfLayer(Parameter rows, int key, int rowsOfToken, int heads) : IAttentionTuning
{
    public int Length => (int)rows.shape[0];

    public (Tensor Key, Tensor Value) KeysAndValues(LayerContext context)
    {
        Tensor split = rows.view(Length, rowsOfToken, heads, -1);
        return (Take(split, key), Take(split, key + 1));
    }

    /// <summary>[n, rows, H, N] → [1, H, n, N].</summary>
    private static Tensor Take(Tensor split, int row) => split.select(1, row).transpose(0, 1).unsqueeze(0);
}
