using Graft.Backbones;
using Graft.Layers;

namespace Graft.Tuning;

/// <summary>
/// How layers differ in training, whatever the strategy: lower ones learn more slowly, begin later, and the highest may begin anew.
/// <code>
/// decay 0.95, 4 layers:       embeddings 0.95⁴   layer 0 0.95³   …   layer 3 1   pooler and head 1
/// unfreezing 0.5, 100 steps:  head from 0, layer 3 from 10, layer 2 from 20, … embeddings from 50
/// </code>
/// </summary>
public sealed record LayerSchedule
{
    /// <summary>What the rate of each layer is of the rate of the layer above (Sun et al. 2019, §5.3.3: 0.95).</summary>
    /// <value>1: the same rate everywhere.</value>
    public double Decay { get; init; } = 1;

    /// <summary>
    /// Gradual unfreezing (Howard and Ruder 2018, §3.3): over this share of the updates the layers begin to learn one after the other, the
    /// highest first.
    /// </summary>
    /// <value>0: all from the beginning.</value>
    public double Unfreezing { get; init; }

    /// <summary>
    /// So many of the highest layers, and the pooler, begin from randomly initialised weights instead of the pre-trained ones (Zhang et al.
    /// 2021, §5).
    /// </summary>
    /// <value>0: none.</value>
    public int Reinitialized { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public void Validate(TuningStrategy strategy, bool isBoundedByTime)
    {
        if (!(Decay is > 0 and <= 1))
            throw new InputException(FormattableString.Invariant($"layer-decay is {Decay}; it must be above 0 and at most 1"));
        if (!(Unfreezing is >= 0 and < 1))
            throw new InputException(
                FormattableString.Invariant($"gradual-unfreezing is {Unfreezing}; it must be 0 or more and below 1: a share of the updates")
            );
        if (Unfreezing > 0 && isBoundedByTime)
            throw new InputException(
                "gradual-unfreezing needs a known number of updates: bound the run by epochs or steps instead of a time-budget"
            );
        if (Reinitialized < 0)
            throw new InputException($"reinitialize-layers is {Reinitialized}; it must be 0 or more");
        if (Reinitialized > 0 && strategy is not FullTuning)
            throw new InputException(
                $"reinitialize-layers draws weights anew that strategy {strategy.Name} would leave untrained: use it with full"
            );
    }

    /// <summary>Draws the weights of the highest layers and of the pooler anew.</summary>
    internal void Reinitialize(Layer model, Backbone backbone, ulong seed)
    {
        if (Reinitialized == 0) return;
        LayerDepths depths = new(model);
        if (Reinitialized > depths.Layers)
            throw new InputException($"reinitialize-layers is {Reinitialized}; the model has {depths.Layers} layers");
        foreach (DeclaredParameter parameter in model.Declared())
        {
            bool isPooler = parameter.Name.Contains("pooler.", StringComparison.Ordinal);
            if (isPooler || (depths.IsInLayer(parameter.Name) && depths.BelowTop(parameter.Name) < Reinitialized))
                parameter.Init.Fill(parameter.Value, parameter.Name, seed);
        }
    }

    /// <summary>What a parameter's rate is multiplied by.</summary>
    internal double RateFactor(LayerDepths depths, string parameter) => Decay == 1 ? 1 : Math.Pow(Decay, depths.BelowTop(parameter));

    /// <summary>The update from which on a parameter is trained.</summary>
    internal long StartsAt(LayerDepths depths, string parameter, long updates)
    {
        if (Unfreezing == 0 || !depths.IsBelowHead(parameter)) return 0;
        return (long)(Unfreezing * updates * (depths.BelowTop(parameter) + 1) / (depths.Layers + 1));
    }
}

/// <summary>Where in the model a parameter is: before the layers, in one of them, or after them.</summary>
internal sealed class LayerDepths
{
    private readonly (string Prefix, int BelowTop)[] _layers;
    private readonly HashSet<string> _before = new(StringComparer.Ordinal);

    /// <param name="model">The whole model; of an encoder and a decoder each counts its own layers.</param>
    public LayerDepths(Layer model)
    {
        string[] names = [.. model.Find<TransformerBlock>().Select(found => found.Name)];
        _layers =
        [
            .. names
                .GroupBy(name => name[..name.LastIndexOf('.')])
                .SelectMany(stack => stack.Select((name, i) => (name + ".", stack.Count() - 1 - i))),
        ];
        Layers = _layers.Length == 0 ? 0 : _layers.Max(layer => layer.BelowTop) + 1;
        foreach (DeclaredParameter parameter in model.Declared())
        {
            if (IsInLayer(parameter.Name)) break;
            _before.Add(parameter.Name);
        }
    }

    /// <summary>The number of layers of the higher stack.</summary>
    public int Layers { get; }

    public bool IsInLayer(string parameter) => Array.Exists(_layers, layer => IsIn(parameter, layer.Prefix));

    /// <summary>True for embeddings and layers.</summary>
    public bool IsBelowHead(string parameter) => IsInLayer(parameter) || _before.Contains(parameter);

    /// <summary>0 for the highest layer and all above it, 1 for the layer below, …; embeddings are below the lowest.</summary>
    public int BelowTop(string parameter)
    {
        int at = Array.FindIndex(_layers, layer => IsIn(parameter, layer.Prefix));
        if (at >= 0) return _layers[at].BelowTop;
        return _before.Contains(parameter) ? Layers : 0;
    }

    /// <summary>New parts are called after the layer they are on.</summary>
    private static bool IsIn(string parameter, string prefix) =>
        parameter.StartsWith(prefix, StringComparison.Ordinal)
        || (
            parameter.StartsWith(TunedModule.PartsName + ".", StringComparison.Ordinal)
            && parameter.AsSpan(TunedModule.PartsName.Length + 1).StartsWith(prefix, StringComparison.Ordinal)
        );
}
