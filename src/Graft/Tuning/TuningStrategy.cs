using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;

namespace Graft.Tuning;

/// <summary>
/// Which numbers are trained. A strategy freezes what it leaves alone, fills tuning slots with new parts where it has any, and says what is
/// saved. It sees slots and parameter names, never a family, so every strategy works on every backbone.
/// </summary>
public abstract record TuningStrategy
{
    /// <summary>The name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Whether only new parts and the head are saved (an adapter folder) instead of the whole model.</summary>
    public abstract bool SavesAdapterOnly { get; }

    /// <summary>Whether the backbone's own weights change; if not, it may be shared between adapters.</summary>
    public virtual bool TrainsBackbone => !SavesAdapterOnly;

    /// <summary>What a parameter's learning rate is multiplied by.</summary>
    public virtual double RateFactor(string parameter) => 1;

    /// <summary>Prepares a model for training: sets what requires a gradient and fills slots.</summary>
    /// <param name="model">The whole model, with the checkpoint's names.</param>
    /// <param name="backbone">Its backbone.</param>
    /// <param name="head">Its head; always trained. Null for a bare backbone.</param>
    /// <param name="seed">Of the new parts' first values.</param>
    /// <returns>The new parts; empty where the strategy has none.</returns>
    internal TunedParts Apply(Layer model, Backbone backbone, Head? head, ulong seed)
    {
        Validate();
        foreach (DeclaredParameter parameter in model.Declared()) parameter.Value.requires_grad = Trains(parameter.Name);
        if (head is not null)
        {
            foreach (DeclaredParameter parameter in head.Declared()) parameter.Value.requires_grad = true;
        }

        TunedParts parts = new();
        Fill(parts, model, backbone);
        parts.Initialize(seed);
        OnFilled(parts, backbone, seed);
        return parts;
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public virtual void Validate()
    {
    }

    /// <summary>Whether a parameter of the model itself is trained; the head always is.</summary>
    private protected virtual bool Trains(string parameter) => false;

    /// <summary>Adds new parts to the slots.</summary>
    internal virtual void Fill(TunedParts parts, Layer model, Backbone backbone)
    {
    }

    /// <summary>Sets first values that depend on the model.</summary>
    private protected virtual void OnFilled(TunedParts parts, Backbone backbone, ulong seed)
    {
    }

    /// <summary>Fails with the key, its value and what is allowed.</summary>
    private protected static void Require(bool condition, string key, object value, string allowed)
    {
        if (!condition) throw new InputException(FormattableString.Invariant($"{key} is {value}; it must be {allowed}"));
    }
}

/// <summary>Everything is trained (Devlin et al. 2019): the most accurate with enough examples, and the largest to keep.</summary>
public sealed record FullTuning : TuningStrategy
{
    /// <inheritdoc/>
    public override string Name => "full";

    /// <inheritdoc/>
    public override bool SavesAdapterOnly => false;

    private protected override bool Trains(string parameter) => true;
}

/// <summary>Only the head is trained, on frozen features (Peters et al. 2019): seconds instead of minutes.</summary>
public sealed record HeadTuning : TuningStrategy
{
    /// <inheritdoc/>
    public override string Name => "head";

    /// <inheritdoc/>
    public override bool SavesAdapterOnly => false;

    /// <inheritdoc/>
    public override bool TrainsBackbone => false;
}

/// <summary>Only biases are trained (Ben Zaken et al. 2022): about a thousandth of the parameters.</summary>
public sealed record BitFit : TuningStrategy
{
    /// <inheritdoc/>
    public override string Name => "bitfit";

    /// <inheritdoc/>
    public override bool SavesAdapterOnly => false;

    private protected override bool Trains(string parameter) => parameter.EndsWith(".bias", StringComparison.Ordinal);
}
