using Graft.Backbones;
using Graft.Layers;
using Graft.Torch.Operations;
using TorchSharp;
using TorchSharp.Modules;
using static System.FormattableString;
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

    /// <inheritdoc/>
    public override bool CanMerge => true;

    /// <inheritdoc/>
    public override IEnumerable<(string Key, string Value)> Options =>
    [
        ("rank", Invariant($"{Rank}")),
        ("alpha", Invariant($"{Alpha}")),
        ("lora_dropout", Invariant($"{Dropout}")),
        ("rank_stabilized", RankStabilized ? "true" : "false"),
        ("train_biases", TrainsBiases ? "true" : "false"),
        ("target_modules", TargetNames.Describe(TargetModules)),
    ];

    /// <summary>r.</summary>
    /// <value>8</value>
    public int Rank { get; init; } = 8;

    /// <summary>α: the difference is scaled by α/r (or α/√r).</summary>
    /// <value>16</value>
    public double Alpha { get; init; } = 16;

    /// <summary>The share of x dropped on its way into A.</summary>
    /// <value>0.1</value>
    public double Dropout { get; init; } = 0.1;

    /// <summary>Names or endings of names of the projections; null: queries and values.</summary>
    public IReadOnlyList<string>? TargetModules { get; init; }

    /// <summary>Scale by α/√r (Kalajdzievski 2023): higher ranks keep learning.</summary>
    public bool RankStabilized { get; init; }

    /// <summary>The biases of the adapted projections are trained too, as copies of the adapter's own.</summary>
    public bool TrainsBiases { get; init; }

    /// <summary>
    /// Every bias of the model belongs to the adapter, as PEFT's <c>bias: all</c> has it; only adapters that were read have it.
    /// </summary>
    internal bool KeepsAllBiases { get; init; }

    /// <summary>Ranks of single projections by their whole names, where a file has others than <see cref="Rank"/>.</summary>
    internal IReadOnlyDictionary<string, int> RankOf { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>What B·A·x is multiplied by.</summary>
    /// <param name="rank">The rank of the projection.</param>
    internal double Scale(int rank) => Alpha / (RankStabilized ? Math.Sqrt(rank) : rank);

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
            int rank = RankOf.GetValueOrDefault(name, Rank);
            projection.Tuning = parts.Add(name, new LowRankDelta(projection, rank, Scale(rank), Dropout, TrainsBiases, site++));
        }
    }

    private protected override void OnFilled(TunedParts parts, Backbone backbone, ulong seed)
    {
        foreach ((_, LowRankDelta delta) in parts.Find<LowRankDelta>()) delta.CopyBias();
    }

    /// <summary>Folds every difference into its matrix and empties the slots: the model is an ordinary one again.</summary>
    /// <returns>The number of projections that changed.</returns>
    internal override int Merge(Layer model)
    {
        using IDisposable noGradient = no_grad();
        int changed = 0;
        foreach ((_, Projection projection) in model.Find<Projection>())
        {
            if (projection.Tuning is not LowRankDelta delta) continue;
            delta.AddTo(projection, sign: 1);
            projection.Tuning = null;
            changed++;
        }

        return changed;
    }

    /// <summary>Takes a merged adapter's differences out of the matrices and fills the slots again, up to rounding.</summary>
    internal static void Unmerge(Layer model, Adapter adapter)
    {
        using IDisposable noGradient = no_grad();
        Dictionary<string, Projection> projections = model
            .Find<Projection>()
            .ToDictionary(found => found.Name, found => found.Layer, StringComparer.Ordinal);
        foreach ((string name, LowRankDelta delta) in adapter.Parts.Find<LowRankDelta>())
        {
            delta.AddTo(projections[name], sign: -1);
            projections[name].Tuning = delta;
        }
    }
}

/// <summary>The trained difference of one projection: y + scale·B(A(x)).</summary>
internal sealed class LowRankDelta : Layer, IProjectionTuning
{
    private readonly Projection _a;
    private readonly Projection _b;
    private readonly Parameter? _bias;
    private readonly Parameter? _frozenBias;
    private readonly double _scale;
    private readonly double _dropout;
    private readonly int _site;

    public LowRankDelta(Projection projection, int rank, double scale, double dropout, bool trainsBias, int site)
    {
        (_scale, _dropout, _site) = (scale, dropout, site);

        // The reference draws A from U(−1/√in, 1/√in): the same variance.
        _a = Add("lora_A", new Projection(projection.Inputs, rank, Init.Normal(1 / Math.Sqrt(3.0 * projection.Inputs)), bias: false));
        _b = Add("lora_B", new Projection(rank, projection.Outputs, Init.Zeros, bias: false));
        if (!trainsBias || projection.Bias is null) return;
        _frozenBias = projection.Bias;
        _bias = Declare("base_layer.bias", [projection.Outputs], Init.Zeros);
    }

    public Tensor Input(Tensor x, LayerContext context) => x;

    public Tensor Output(Tensor x, Tensor y, LayerContext context)
    {
        Tensor dropped = Ops.Dropout(x, _dropout, context.Site(_site, x));
        Tensor adapted = y + _b.Forward(_a.Forward(dropped, context) * _scale, context); // scaled where it is narrow
        return _bias is null ? adapted : adapted + (_bias - _frozenBias!.detach());
    }

    /// <summary>The trained bias begins as the frozen one.</summary>
    public void CopyBias()
    {
        using IDisposable noGradient = no_grad();
        _bias?.copy_(_frozenBias!);
    }

    /// <summary>Adds the difference to a projection's own weights, or takes it out; the two biases change places.</summary>
    public void AddTo(Projection projection, int sign)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor difference = mm(_b.Weight, _a.Weight) * _scale; // [out, in]
        projection.Weight.add_(projection.IsTransposed ? difference.t() : difference, alpha: sign);
        if (_bias is null) return;
        Tensor own = _bias.clone();
        _bias.copy_(projection.Bias!);
        projection.Bias!.copy_(own);
    }
}

/// <summary>Numbers of the dropout places of adapters, beyond those of any model.</summary>
internal static class AdapterSites
{
    public const int Lora = 1 << 20;
}
