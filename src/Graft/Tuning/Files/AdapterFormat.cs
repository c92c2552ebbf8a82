using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Layers;

namespace Graft.Tuning.Files;

/// <summary>What a published adapter's <c>adapter_config.json</c> means, and what its weights are called.</summary>
internal abstract class AdapterFormat
{
    /// <summary>The model class that an adapter is for, as far as the configuration says; null where it does not.</summary>
    public abstract string? Head(AdapterJson config);

    /// <summary>The model that the adapter was trained on; null where the configuration does not say.</summary>
    public abstract string? BaseModel(AdapterJson config);

    /// <summary>The strategy that makes parts of these shapes.</summary>
    /// <exception cref="InputException">The adapter uses something that Graft does not have.</exception>
    public abstract TuningStrategy Strategy(AdapterJson config, IReadOnlyList<StoredTensor> tensors);

    /// <summary>The configuration of an adapter on a model.</summary>
    public abstract JsonObject Config(AdapterTarget target);

    /// <summary>The names a stored tensor may have in the model, the likeliest first.</summary>
    public abstract IEnumerable<string> ModelNames(string key);

    /// <summary>The key under which a parameter is stored.</summary>
    public abstract string Key(TuningStrategy strategy, string parameter);

    /// <summary>The format of a configuration.</summary>
    /// <exception cref="InputException">It is neither PEFT's nor AdapterHub's.</exception>
    public static AdapterFormat Of(AdapterJson config) =>
        config.Has(FeatureFormat.TypeKey) ? new FeatureFormat()
        : config.Has("peft_type") ? new PeftFormat()
        : config.Has("config") ? new AdapterHubFormat()
        : throw new InputException($"{config.Path}: is neither PEFT's (it has no peft_type) nor AdapterHub's (no config)");

    /// <summary>The format in which a strategy's adapters are written: PEFT's where PEFT has the method.</summary>
    public static AdapterFormat For(TuningStrategy strategy) => strategy switch
    {
        BottleneckAdapter => new AdapterHubFormat(),
        HeadTuning => new FeatureFormat(),
        _ => new PeftFormat(),
    };
}

/// <summary>What a written adapter says about the model that it is for.</summary>
/// <param name="Adapter">The adapter.</param>
/// <param name="Model">The whole model.</param>
/// <param name="Backbone">The backbone.</param>
/// <param name="Kind">What stands on it.</param>
/// <param name="HeadParameters">Names of the head's parameters.</param>
/// <param name="Base">Where it is from.</param>
internal sealed record AdapterTarget(
    Adapter Adapter,
    Layer Model,
    Backbone Backbone,
    string Kind,
    IReadOnlySet<string> HeadParameters,
    AdapterBase Base
);

/// <summary>The model that an adapter was trained on.</summary>
/// <param name="Id">A folder, or a name of the hub.</param>
/// <param name="Sha256">The SHA-256 of its weights; null where unknown.</param>
internal sealed record AdapterBase(string Id, string? Sha256);
