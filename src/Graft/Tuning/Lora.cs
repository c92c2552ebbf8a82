using Graft.Backbones;
using Graft.Layers;
using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tuning;

/// <summary>
/// Low-rank adaptation (Hu et al. 2022): a frozen matrix gets a trained difference of rank r.
/// <code>
///        x ──────────── W (frozen) ───────────┐
///        └─ dropout ─ A [r, in] ─ B [out, r] ─·α/r─ + ─ y
/// </code>
/// B begins at zero, so training begins at the pre-trained model; afterwards the difference can be folded into W.
/// </summary>
public sealed record Lora : TuningStrategy
{
    /// <inheritdoc/>
    public override string Name => "lora";

    /// <inheritdoc/>
    public override bool SavesAdapterOnly => true;

    /// <summary>r.</summary>
    /// <value>8</value>
    public int Rank { get; init; } = 8;

    /// <summary>α: the difference is scaled by α/r (or α/√r).</summary>
    /// <value>16</value>
    public double Alpha { get; init; } = 16;

    /// <summary>The share of x dropped on its way into A.</summary>
    /// <value>0.1</value>
    public double Dropout { get; init; } = 0.1;

    /// <summary>Endings of the names of the projections; null: queries and values.</summary>
    public IReadOnlyList<string>? TargetModules { get; init; }

    /// <summary>Scale by α/√r (Kalajdzievski 2023): higher ranks keep learning.</summary>
    public bool RankStabilized { get; init; }

    /// <summary>The biases of the adapted projections are trained too.</summary>
    public bool TrainsBiases { get; init; }

    /// <summary>What B·A·x is multiplied by.</summary>
    public double Scale => Alpha / (RankStabilized ? Math.Sqrt(Rank) : Rank);

    /// <inheritdoc/>
    public override void Validate()
    {
        Require(Rank >= 1, "rank", Rank, "at least 1");
        Require(Alpha > 0, "alpha", Alpha, "above 0");
        Require(Dropout is >= 0 and < 1, "lora-dropout", Dropout, "0 or more and below 1");
    }

    internal override void Fill(TunedParts parts, Layer model, Backbone backbone)
    {
        int site = AdapterSites.Lora;
        foreach ((string name, Projection projection) in TargetNames.Find(model, TargetModules ?? TargetNames.QueryAndValue(model)))
        {
            projection.Tuning = parts.Add(name, new LowRankDelta(projection, Rank, Scale, Dropout, site++));
            if (TrainsBiases && projection.Bias is not null) projection.Bias.requires_grad = true;
        }
    }

    /// <summary>Folds every difference into its matrix and empties the slots: the model is an ordinary one again.</summary>
    /// <returns>The number of projections that changed.</returns>
    public static int Merge(Layer model) => AddToWeights(model, sign: 1, release: true);

    /// <summary>Takes the differences of slots that are still filled out of the matrices again.</summary>
    internal static int Unmerge(Layer model) => AddToWeights(model, sign: -1, release: false);

    private static int AddToWeights(Layer model, int sign, bool release)
    {
        using IDisposable noGradient = no_grad();
        int changed = 0;
        foreach ((_, Projection projection) in model.Find<Projection>())
        {
            if (projection.Tuning is not LowRankDelta delta) continue;
            using DisposeScope scope = NewDisposeScope();
            Tensor difference = delta.Difference(); // [out, in]
            projection.Weight.add_(projection.IsTransposed ? difference.t() : difference, alpha: sign);
            if (release) projection.Tuning = null;
            changed++;
        }

        return changed;
    }
}

/// <summary>The trained difference of one projection: y + scale·B(A(x)).</summary>
internal sealed class LowRankDelta : Layer, IProjectionTuning
{
    private readonly Projection _a;
    private readonly Projection _b;
    private readonly double _scale;
    private readonly double _dropout;
    private readonly int _site;

    public LowRankDelta(Projection projection, int rank, double scale, double dropout, int site)
    {
        (_scale, _dropout, _site) = (scale, dropout, site);

        // The reference draws A from U(−1/√in, 1/√in): the same variance.
        _a = Add("lora_A", new Projection(projection.Inputs, rank, Init.Normal(1 / Math.Sqrt(3.0 * projection.Inputs)), bias: false));
        _b = Add("lora_B", new Projection(rank, projection.Outputs, Init.Zeros, bias: false));
    }

    public Tensor Input(Tensor x, LayerContext context) => x;

    public Tensor Output(Tensor x, Tensor y, LayerContext context)
    {
        Tensor dropped = Ops.Dropout(x, _dropout, context.Site(_site));
        return y + (_b.Forward(_a.Forward(dropped, context), context) * _scale);
    }

    /// <summary>scale·B·A [out, in].</summary>
    public Tensor Difference() => mm(_b.Weight, _a.Weight) * _scale;
}

/// <summary>Numbers of the dropout places of adapters, beyond those of any model.</summary>
internal static class AdapterSites
{
    public const int Lora = 1 << 20;
}
