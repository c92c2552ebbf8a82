using Graft.Backbones;
using Graft.Layers;
using TorchSharp.Modules;

namespace Graft.Tuning;

/// <summary>
/// What a strategy put on a model: new parts in its tuning slots, and which of the model's own parameters are trained and saved beside them
/// (the head, and what the base checkpoint lacks). The base itself stays as it is, so taking the adapter off gives it back bit by bit.
/// </summary>
public sealed class Adapter : IDisposable
{
    internal Adapter(TuningStrategy strategy, TunedParts parts, IReadOnlyList<DeclaredParameter> saved) =>
        (Strategy, Parts, Saved) = (strategy, parts, saved);

    /// <summary>How it was made.</summary>
    public TuningStrategy Strategy { get; }

    /// <summary>The new parts; empty where the strategy has none.</summary>
    public TunedParts Parts { get; }

    /// <summary>The model's own parameters that belong to the adapter, under the model's names.</summary>
    internal IReadOnlyList<DeclaredParameter> Saved { get; }

    /// <summary>The number of values in it: new parts and saved parameters.</summary>
    public long ParameterCount => Parameters.Sum(parameter => parameter.Value.numel());

    /// <summary>Everything in it, under the names of the model.</summary>
    internal IEnumerable<(string Name, Parameter Value)> Parameters =>
        Parts.Declared().Concat(Saved).Select(parameter => (parameter.Name, parameter.Value));

    /// <summary>Releases the new parts; the model's own parameters are the model's.</summary>
    public void Dispose()
    {
        foreach (DeclaredParameter parameter in Parts.Declared().ToList()) parameter.Value.Dispose();
        Parts.Dispose();
    }
}
