namespace Graft.Tuning;

/// <summary>Which pairs of training texts a contrastive run compares.</summary>
public enum PairSampling
{
    /// <summary>For each text and round one of the same label and one of another; pairs repeat where there are few texts.</summary>
    Oversampling,

    /// <summary>As many equal pairs as unequal ones, none twice.</summary>
    Undersampling,

    /// <summary>Every pair once, in the shares in which they occur.</summary>
    Unique,
}

/// <summary>
/// The body learns to tell labels apart from pairs of texts (mean squared error of their cosine against 1 or 0), then a convex classifier
/// is fitted on its vectors (SetFit, Tunstall et al. 2022): for few labels. The run is an embedding model too.
/// </summary>
public sealed record ContrastiveTuning : TuningStrategy
{
    /// <inheritdoc/>
    public override string Name => "contrastive";

    /// <inheritdoc/>
    public override bool SavesAdapterOnly => false;

    /// <summary>Equal pairs for each text, and as many unequal ones; an upper bound where no pair comes twice.</summary>
    /// <value>20</value>
    public int Rounds { get; init; } = 20;

    /// <summary>Which pairs.</summary>
    /// <value>Oversampling.</value>
    public PairSampling Sampling { get; init; } = PairSampling.Oversampling;

    /// <summary>The most pairs of a pass: rounds become fewer where there are many texts.</summary>
    /// <value>40,000: 2,500 updates of 16.</value>
    public int MaxPairs { get; init; } = 40_000;

    /// <summary>Texts made of label names are examples too: "This text is about {label}."</summary>
    /// <value>Null: none beside training texts; the usual one where label names are all that is learned from.</value>
    public string? Template { get; init; }

    /// <inheritdoc/>
    public override IEnumerable<(string Key, string Value)> Options =>
    [
        ("rounds", FormattableString.Invariant($"{Rounds}")),
        ("pair-sampling", Sampling.ToString().ToLowerInvariant()),
        ("max-pairs", FormattableString.Invariant($"{MaxPairs}")),
        .. Template is null ? [] : new[] { ("template", Template) },
    ];

    /// <inheritdoc/>
    public override void Validate()
    {
        Require(Rounds >= 1, "rounds", Rounds, "at least 1");
        Require(MaxPairs >= 2, "max-pairs", MaxPairs, "at least 2");
        if (Template?.Contains("{label}", StringComparison.Ordinal) == false)
            throw new InputException("template", Template, "a text with {label} in it");
    }

    /// <inheritdoc/>
    protected override bool Trains(string parameter) => true;
}
