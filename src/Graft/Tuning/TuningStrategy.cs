using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;

namespace Graft.Tuning;

/// <summary>
/// Which parameters are trained. A strategy freezes what it leaves alone, fills tuning slots with new parts where it has any, and says what
/// is saved. It sees slots and parameter names, never a family, so every strategy works on every backbone.
/// </summary>
public abstract record TuningStrategy
{
    /// <summary>The name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>Whether only new parts and the head are saved (an adapter folder) instead of the whole model.</summary>
    public abstract bool SavesAdapterOnly { get; }

    /// <summary>Whether the backbone's own weights change; if not, it may be shared between adapters.</summary>
    public virtual bool TrainsBackbone => !SavesAdapterOnly;

    /// <summary>Whether texts must lie in padded rows: vectors before the embeddings need a row of their own.</summary>
    public virtual bool NeedsPaddedBatches => false;

    /// <summary>Virtual tokens that lengthen every text.</summary>
    public virtual int AddedTokens => 0;

    /// <summary>Every option with its value, for the record of a run.</summary>
    public virtual IEnumerable<(string Key, string Value)> Options => [];

    /// <summary>Whether a parameter is pulled towards zero where others of its shape are; what begins at one is not.</summary>
    public virtual bool Decays(string parameter) => true;

    /// <summary>Whether the new parts can be folded into the model's own weights.</summary>
    public virtual bool CanMerge => false;

    /// <summary>Prepares a model for training: sets what requires a gradient and fills slots.</summary>
    /// <param name="model">The whole model, with the checkpoint's names.</param>
    /// <param name="backbone">The backbone.</param>
    /// <param name="head">The head; trained, except a language model's own beside an adapter. Null for a bare backbone.</param>
    /// <param name="seed">The seed of the new parts' first values.</param>
    /// <param name="drawn">Parameters that the checkpoint lacked: nobody has trained them yet, so they are trained and saved with an
    /// adapter.</param>
    internal Adapter Apply(Layer model, Backbone backbone, Head? head, ulong seed, IReadOnlyCollection<string>? drawn = null)
    {
        Validate();
        HashSet<string> beside = [.. drawn ?? []];
        if (head is not null && !(SavesAdapterOnly && head is LanguageModelHead))
            beside.UnionWith(head.Declared().Select(parameter => parameter.Name));
        List<DeclaredParameter> saved = [];
        foreach (DeclaredParameter parameter in model.Declared())
        {
            parameter.Value.requires_grad = Trains(parameter.Name) || beside.Contains(parameter.Name);
            if (SavesAdapterOnly && parameter.Value.requires_grad) saved.Add(parameter);
        }

        Adapter adapter = Attach(model, backbone, saved);
        adapter.Parts.Initialize(seed);
        OnFilled(adapter.Parts, backbone, seed);
        return adapter;
    }

    /// <summary>Fills the slots; the new parts' values are undefined until they are initialised or loaded.</summary>
    internal Adapter Attach(Layer model, Backbone backbone, IReadOnlyList<DeclaredParameter> saved)
    {
        TunedParts parts = new();
        Fill(parts, model, backbone);
        return new Adapter(this, parts, saved);
    }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public virtual void Validate()
    {
    }

    /// <summary>Whether a parameter of the model itself is trained; the head always is.</summary>
    protected virtual bool Trains(string parameter) => false;

    /// <summary>Adds new parts to the slots.</summary>
    internal virtual void Fill(TunedParts parts, Layer model, Backbone backbone)
    {
    }

    /// <summary>Sets first values that depend on the model.</summary>
    private protected virtual void OnFilled(TunedParts parts, Backbone backbone, ulong seed)
    {
    }

    /// <summary>Folds the new parts into the model's weights and empties the slots; the model is an ordinary one again.</summary>
    /// <returns>The number of projections that changed.</returns>
    /// <exception cref="InputException">This strategy's parts are no change of weights.</exception>
    internal virtual int Merge(Layer model) =>
        throw new InputException($"{Name} adds parts that are no change of weights: only LoRA and IA3 can be merged into a model");

    /// <summary>Fails with the key, its value and what is allowed.</summary>
    private protected static void Require(bool condition, string key, object value, string allowed)
    {
        if (!condition) throw new InputException(FormattableString.Invariant($"{key} is {value}; it must be {allowed}"));
    }
}

/// <summary>Everything is trained (Devlin et al. 2019): the most accurate with enough examples, and the largest to keep.</summary>
internal sealed record FullTuning : TuningStrategy
{
    /// <inheritdoc/>
    public override string Name => "full";

    /// <inheritdoc/>
    public override bool SavesAdapterOnly => false;

    /// <inheritdoc/>
    protected override bool Trains(string parameter) => true;
}

/// <summary>How a classifier on frozen features is fitted.</summary>
public enum FeatureClassifier
{
    /// <summary>Logistic regression with a penalty, by L-BFGS: one optimum, no rate to choose.</summary>
    Logistic,

    /// <summary>AdamW, as every other strategy; for numbers and several labels too.</summary>
    Linear,
}

/// <summary>
/// Only the head is trained, on frozen features (Peters et al. 2019). With <see cref="Features"/> they are computed once, kept on disk, and
/// the head is trained on them in seconds.
/// </summary>
public sealed record HeadTuning : TuningStrategy
{
    /// <inheritdoc/>
    public override string Name => "head";

    /// <inheritdoc/>
    public override bool SavesAdapterOnly => Features is not null;

    /// <summary>What a text's features are; null: the class's own head, on a forward pass for each epoch.</summary>
    public FeatureOptions? Features { get; init; }

    /// <summary>
    /// A convex classifier on the vectors that the model makes as an embedding model; the run folder is that model, in
    /// sentence-transformers' layout, with the classifier beside it.
    /// </summary>
    public bool OnVectors { get; init; }

    /// <summary>How the classifier on features is fitted.</summary>
    /// <value>Null: logistic for classes, linear for numbers and several labels.</value>
    public FeatureClassifier? Classifier { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<(string Key, string Value)> Options => OnVectors ? [("features", "vectors")] : Features is null
        ? []
        : [("features", Features.Describe()), ("classifier", Classifier?.ToString().ToLowerInvariant() ?? "auto")];

    /// <inheritdoc/>
    public override bool TrainsBackbone => false;
}

/// <summary>Only biases are trained (Ben Zaken et al. 2022): about a thousandth of the parameters.</summary>
internal sealed record BitFit : TuningStrategy
{
    /// <inheritdoc/>
    public override string Name => "bitfit";

    /// <inheritdoc/>
    public override bool SavesAdapterOnly => false;

    /// <inheritdoc/>
    protected override bool Trains(string parameter) => parameter.EndsWith(".bias", StringComparison.Ordinal);
}
