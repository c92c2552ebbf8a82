using Graft.Backbones;
using Graft.Layers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Tuning;

/// <summary>
/// Infused adapter by inhibiting and amplifying inner activations (Liu et al. 2022, §3.3): keys, values and the state between the two
/// feed-forward matrices are multiplied by learned vectors that begin at one.
/// </summary>
public sealed record Ia3 : TuningStrategy
{
    /// <inheritdoc/>
    public override string Name => "ia3";

    /// <inheritdoc/>
    public override bool SavesAdapterOnly => true;

    /// <inheritdoc/>
    public override bool CanMerge => true;

    /// <inheritdoc/>
    public override IEnumerable<(string Key, string Value)> Options =>
    [
        ("target_modules", TargetNames.Describe(TargetModules)),
        ("feedforward_modules", TargetNames.Describe(FeedForwardModules)),
    ];

    /// <inheritdoc/>
    public override bool Decays(string parameter) => !parameter.EndsWith(Scaling.ParameterName, StringComparison.Ordinal);

    /// <summary>Names or endings of the names of the scaled projections; null: keys, values and the second feed-forward matrix.</summary>
    public IReadOnlyList<string>? TargetModules { get; init; }

    /// <summary>Those of them that are scaled at their input; null: the feed-forward one.</summary>
    public IReadOnlyList<string>? FeedForwardModules { get; init; }

    /// <summary>The endings of a model's scaled projections, and of those scaled at their input.</summary>
    internal (IReadOnlyList<string> Targets, IReadOnlyList<string> FeedForward) TargetsOf(Layer model)
    {
        string[] defaults = TargetModules is null || FeedForwardModules is null ? TargetNames.KeyValueAndFeedForward(model) : [];
        return (TargetModules ?? defaults, FeedForwardModules ?? [defaults[^1]]);
    }

    internal override void Fill(TunedParts parts, Layer model, Backbone backbone)
    {
        (IReadOnlyList<string> targets, IReadOnlyList<string> feedForward) = TargetsOf(model);
        foreach ((string name, Projection projection) in TargetNames.Find(model, targets))
        {
            bool scalesInput = feedForward.Any(ending => TargetNames.Matches(name, ending));
            projection.Tuning = parts.Add(name, new Scaling(scalesInput ? projection.Inputs : projection.Outputs, scalesInput));
        }
    }

    /// <summary>Multiplies rows or columns of the scaled matrices, and biases of those scaled at their output.</summary>
    internal override int Merge(Layer model)
    {
        using IDisposable noGradient = no_grad();
        int changed = 0;
        foreach ((_, Projection projection) in model.Find<Projection>())
        {
            if (projection.Tuning is not Scaling scaling) continue;
            scaling.Multiply(projection);
            projection.Tuning = null;
            changed++;
        }

        return changed;
    }
}

/// <summary>One learned vector: on a projection's input or on its output.</summary>
internal sealed class Scaling : Layer, IProjectionTuning
{
    public const string ParameterName = "ia3_l";

    private readonly bool _scalesInput;
    private readonly Parameter _scale;

    public Scaling(long width, bool scalesInput)
    {
        _scalesInput = scalesInput;
        _scale = Declare(ParameterName, scalesInput ? [1, width] : [width, 1], Init.Ones);
    }

    public Tensor Input(Tensor x, LayerContext context) => _scalesInput ? x * _scale.view(-1) : x;

    public Tensor Output(Tensor x, Tensor y, LayerContext context) => _scalesInput ? y : y * _scale.view(-1);

    /// <summary>Folds the vector into the projection's own weights.</summary>
    public void Multiply(Projection projection)
    {
        using DisposeScope scope = NewDisposeScope();
        projection.Weight.mul_(_scalesInput ^ projection.IsTransposed ? _scale.view(1, -1) : _scale.view(-1, 1));
        if (!_scalesInput) projection.Bias?.mul_(_scale.view(-1));
    }
}
