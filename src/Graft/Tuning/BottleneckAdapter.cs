using Graft.Backbones;
using Graft.Layers;
using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tuning;

/// <summary>
/// Bottleneck adapters: a narrow two-layer network beside a frozen block, h + W_up·f(W_down·x), which begins near the identity.
/// <para>Houlsby et al. (2019, §2.1): one after attention and one after the feed-forward part, on the block's output, before residual and
/// norm;
/// each task has layer norms of its own, which begin as copies of the model's.</para>
/// <para>Pfeiffer et al. (2021): only after the feed-forward part; x is the normalised sum of output and residual, and the sum is
/// normalised again.</para>
/// </summary>
public sealed record BottleneckAdapter : TuningStrategy
{
    /// <summary>
    /// Houlsby's adapter as in the paper: tanh-form GELU, layer norms of its own. (AdapterHub's preset: swish, the model's norms.)
    /// </summary>
    public static BottleneckAdapter Houlsby { get; } =
        new()
        {
            AfterAttention = true,
            Activation = Activation.GeluTanh,
            TrainsNorms = true,
        };

    /// <summary>Pfeiffer's adapter: ReLU, the norms stay frozen.</summary>
    public static BottleneckAdapter Pfeiffer { get; } =
        new()
        {
            AfterAttention = false,
            NormalizesInput = true,
            Activation = Activation.Relu,
        };

    /// <inheritdoc/>
    public override string Name => AfterAttention ? "houlsby" : "pfeiffer";

    /// <inheritdoc/>
    public override bool SavesAdapterOnly => true;

    /// <inheritdoc/>
    public override IEnumerable<(string Key, string Value)> Options =>
    [
        ("reduction_factor", FormattableString.Invariant($"{ReductionFactor}")),
        ("activation", Activations.NameOf(Activation)),
        ("norms", TrainsNorms ? "trained" : "frozen"),
    ];

    /// <summary>The bottleneck is the width divided by this.</summary>
    /// <value>16</value>
    public double ReductionFactor { get; init; } = 16;

    /// <summary>Whether there is one after attention too.</summary>
    public bool AfterAttention { get; init; }

    /// <summary>Whether the adapter reads norm(output + residual) instead of the output.</summary>
    public bool NormalizesInput { get; init; }

    /// <summary>With <see cref="NormalizesInput"/>: whether what is added to is the output (true) or the normalised input.</summary>
    /// <value>true</value>
    public bool AddsToOutput { get; init; } = true;

    /// <summary>f.</summary>
    public Activation Activation { get; init; } = Activation.GeluTanh;

    /// <summary>Whether the adapter has layer norms of its own (where the family's norms end a block).</summary>
    public bool TrainsNorms { get; init; }

    /// <summary>The adapter's name in AdapterHub's files.</summary>
    /// <value>task</value>
    public string AdapterName { get; init; } = "task";

    /// <inheritdoc/>
    public override void Validate() => Require(ReductionFactor >= 1, "reduction-factor", ReductionFactor, "at least 1");

    internal override void Fill(TunedParts parts, Layer model, Backbone backbone)
    {
        int width = Math.Max(1, (int)(backbone.HiddenSize / ReductionFactor));
        Dictionary<Norm, string> norms = model.Find<Norm>().ToDictionary(found => found.Layer, found => found.Name);
        foreach ((string block, TransformerBlock layer) in model.Find<TransformerBlock>())
        {
            (string afterAttention, string afterFeedForward) = Places(block, model);
            if (AfterAttention) Put(layer.AttentionOutput, afterAttention);
            Put(layer.FeedForwardOutput, afterFeedForward);
        }

        void Put(AddNorm slot, string place)
        {
            Bottleneck bottleneck = parts.Add($"{place}.adapters.{AdapterName}", new Bottleneck(backbone.HiddenSize, width, this));
            if (TrainsNorms && slot.Norm is Norm norm) bottleneck.OwnNorm = parts.Add(norms[norm], norm.Copy());
            slot.Tuning = bottleneck;
        }
    }

    private protected override void OnFilled(TunedParts parts, Backbone backbone, ulong seed)
    {
        foreach (TransformerBlock block in backbone.Blocks)
        {
            foreach (AddNorm slot in new[] { block.AttentionOutput, block.FeedForwardOutput })
            {
                if (slot.Tuning is Bottleneck { OwnNorm: Norm own }) own.CopyFrom(slot.Norm!);
            }
        }
    }

    /// <summary>What AdapterHub's files call the two places of a block, by how its family names the parts around them.</summary>
    private static (string AfterAttention, string AfterFeedForward) Places(string block, Layer model)
    {
        string[] below =
        [
            .. model
                .Find<Projection>()
                .Where(found => found.Name.StartsWith(block + ".", StringComparison.Ordinal))
                .Select(found => found.Name[(block.Length + 1)..]),
        ];
        if (below.Contains("attention.output.dense"))
            return ($"{block}.attention.output", $"{block}.output");
        string? feedForward = Array.Find(below, name =>
            name.StartsWith("layer.", StringComparison.Ordinal) && name.EndsWith("DenseReluDense.wo", StringComparison.Ordinal)
        );
        return feedForward is null
            ? ($"{block}.attention_adapters", $"{block}.output_adapters")
            : ($"{block}.layer.0", $"{block}.{feedForward[..7]}");
    }
}

/// <summary>h + W_up·f(W_down·x) at one end of a block.</summary>
internal sealed class Bottleneck : Layer, IAddNormTuning
{
    private readonly Projection _down;
    private readonly Projection _up;
    private readonly BottleneckAdapter _options;

    public Bottleneck(int width, int bottleneck, BottleneckAdapter options)
    {
        _options = options;
        _down = Add("adapter_down.0", new Projection(width, bottleneck, Init.Normal(0.01)));
        _up = Add("adapter_up", new Projection(bottleneck, width, Init.Normal(0.001)));
    }

    /// <summary>Takes the place of the model's norm; null for the model's.</summary>
    public Norm? OwnNorm { get; set; }

    public Tensor Apply(Tensor output, Tensor residual, Norm? norm, LayerContext context)
    {
        norm = OwnNorm ?? norm;
        Tensor x = _options.NormalizesInput ? Normalize(output + residual, norm) : output;
        Tensor baseline = _options.NormalizesInput && !_options.AddsToOutput ? x : output;
        Tensor adapted = baseline + _up.Forward(_down.Forward(x, context, _options.Activation), context);
        return Normalize(adapted + residual, norm);
    }

    private static Tensor Normalize(Tensor x, Norm? norm) => norm is null ? x : norm.Forward(x);
}
