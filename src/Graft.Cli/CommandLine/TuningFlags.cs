using System.CommandLine;
using System.Globalization;
using Graft.Heads;
using Graft.Tuning;

namespace Graft.Cli;

/// <summary>
/// The flags that say which parameters are trained, and how layers differ. A flag of another strategy is refused, not ignored.
/// </summary>
internal sealed class TuningFlags
{
    private readonly Option<string?> _strategy = new("--strategy")
    {
        Description =
            $"Which parameters are trained: {string.Join(", ", TuningStrategies.Names)}; by the number of labels a class otherwise.",
    };
    private readonly Option<int?> _rank = new("--rank") { Description = "LoRA: the rank r of the added matrices; 8 otherwise." };
    private readonly Option<double?> _alpha = new("--alpha")
    {
        Description = "LoRA: the difference is scaled by alpha / rank; 16 otherwise.",
    };
    private readonly Option<double?> _loraDropout = new("--lora-dropout")
    {
        Description = "LoRA: the share of the input that is dropped; 0.1 otherwise.",
    };
    private readonly Option<bool?> _rankStabilized = new("--rank-stabilized")
    {
        Description = "LoRA: scale by alpha / √rank instead of alpha / rank.",
    };
    private readonly Option<bool?> _trainBiases = new("--train-biases")
    {
        Description = "LoRA: train the biases of the adapted projections too.",
    };
    private readonly Option<string?> _targetModules = new("--target-modules")
    {
        Description =
            "LoRA, IA3: the endings of the projections' names, separated by commas; queries and values otherwise (IA3: keys, values "
                + "and feed-forward).",
        HelpName = "NAMES",
    };
    private readonly Option<string?> _feedForwardModules = new("--feedforward-modules")
    {
        Description = "IA3: the target modules that are scaled at their input; the feed-forward one otherwise.",
        HelpName = "NAMES",
    };
    private readonly Option<double?> _reductionFactor = new("--reduction-factor")
    {
        Description = "Houlsby's and Pfeiffer's adapters: the bottleneck is the width divided by this; 16 otherwise.",
    };
    private readonly Option<string?> _adapterNorms = new("--adapter-norms")
    {
        Description =
            "Houlsby's and Pfeiffer's adapters: whether layer norms are trained or frozen; trained in Houlsby's and frozen in "
                + "Pfeiffer's otherwise.",
    };
    private readonly Option<int?> _virtualTokens = new("--virtual-tokens")
    {
        Description = "Prompt and prefix tuning: the number of trained vectors; 20 otherwise.",
    };
    private readonly Option<string?> _features = new("--features")
    {
        Description =
            "Head alone: live (the model's own head, a forward pass each epoch), cached (features computed once and kept on disk) or "
                + "vectors (a convex classifier on the model's sentence vectors, in one folder with it); live otherwise.",
    };
    private readonly Option<string?> _classifier = new("--classifier")
    {
        Description = "Head alone, cached features: logistic (convex) or linear (trained with AdamW); logistic for classes otherwise.",
    };
    private readonly Option<string?> _layers = new("--layers")
    {
        Description = "Head alone, cached features: the layers whose states are joined, counted from the last, as -1,-2; -1 otherwise.",
        HelpName = "LAYERS",
    };
    private readonly Option<string?> _pooling = CommonFlags.Pooling.Optional<string?>(
        "head alone, cached features: mean, first, last, max, meansqrtlength or weightedmean; mean otherwise");
    private readonly Option<int?> _rounds = new("--rounds")
    {
        Description = "Contrastive tuning: the equal pairs for each text, and as many unequal ones; 20 otherwise.",
    };
    private readonly Option<string?> _pairSampling = new("--pair-sampling")
    {
        Description =
            "Contrastive tuning: oversampling (pairs may repeat), undersampling (as many equal as unequal ones, none twice) or "
                + "unique (every pair once); oversampling otherwise.",
    };
    private readonly Option<int?> _maxPairs = new("--max-pairs")
    {
        Description = "Contrastive tuning: the most pairs of a pass; 40000 otherwise.",
    };
    private readonly Option<string?> _template = new("--template")
    {
        Description =
            "Contrastive tuning: examples made of label names, as \"This text is about {label}.\"; without --train, --label-names "
                + "are all that is learned from. None otherwise.",
        HelpName = "TEXT",
    };
    private readonly Option<double> _layerDecay = new("--layer-decay")
    {
        Description = "The learning rate of each layer as a share of the rate of the layer above it, such as 0.95.",
        DefaultValueFactory = _ => 1,
    };
    private readonly Option<double> _unfreezing = new("--gradual-unfreezing")
    {
        Description = "The share of the updates over which layers begin to learn one after the other, the highest first, such as 0.5.",
        DefaultValueFactory = _ => 0,
    };
    private readonly Option<int> _reinitialize = new("--reinitialize-layers")
    {
        Description = "How many of the highest layers begin from randomly initialised weights.",
        DefaultValueFactory = _ => 0,
    };

    /// <summary>Every flag.</summary>
    public IEnumerable<Option> All =>
        [
            _strategy,
            _rank,
            _alpha,
            _loraDropout,
            _rankStabilized,
            _trainBiases,
            _targetModules,
            _feedForwardModules,
            _reductionFactor,
            _adapterNorms,
            _virtualTokens,
            _features,
            _classifier,
            _layers,
            _pooling,
            _rounds,
            _pairSampling,
            _maxPairs,
            _template,
            _layerDecay,
            _unfreezing,
            _reinitialize,
        ];

    /// <summary>The strategy that the flags describe.</summary>
    /// <exception cref="InputException">It is unknown, a value is out of its range, or a flag belongs to another strategy.</exception>
    public TuningStrategy Strategy(ParseResult parsed)
    {
        TuningStrategy strategy = TuningStrategies.Parse(parsed.GetValue(_strategy) ?? "full");
        RefuseOthers(parsed, strategy);
        strategy = strategy switch
        {
            Lora lora => lora with
            {
                Rank = parsed.GetValue(_rank) ?? lora.Rank,
                Alpha = parsed.GetValue(_alpha) ?? lora.Alpha,
                Dropout = parsed.GetValue(_loraDropout) ?? lora.Dropout,
                RankStabilized = parsed.GetValue(_rankStabilized) ?? lora.RankStabilized,
                TrainsBiases = parsed.GetValue(_trainBiases) ?? lora.TrainsBiases,
                TargetModules = Names(parsed.GetValue(_targetModules)),
            },
            Ia3 ia3 => ia3 with
            {
                TargetModules = Names(parsed.GetValue(_targetModules)),
                FeedForwardModules = Names(parsed.GetValue(_feedForwardModules)),
            },
            BottleneckAdapter bottleneck => bottleneck with
            {
                ReductionFactor = parsed.GetValue(_reductionFactor) ?? bottleneck.ReductionFactor,
                TrainsNorms = parsed.GetValue(_adapterNorms) switch
                {
                    null => bottleneck.TrainsNorms,
                    "trained" => true,
                    "frozen" => false,
                    string other => throw new InputException($"--adapter-norms {other}: trained or frozen is expected"),
                },
            },
            PromptTuning prompt => prompt with { VirtualTokens = parsed.GetValue(_virtualTokens) ?? prompt.VirtualTokens },
            PrefixTuning prefix => prefix with { VirtualTokens = parsed.GetValue(_virtualTokens) ?? prefix.VirtualTokens },
            HeadTuning head => Head(parsed, head),
            ContrastiveTuning pairs => pairs with
            {
                Rounds = parsed.GetValue(_rounds) ?? pairs.Rounds,
                Template = parsed.GetValue(_template),
                MaxPairs = parsed.GetValue(_maxPairs) ?? pairs.MaxPairs,
                Sampling = parsed.GetValue(_pairSampling) switch
                {
                    null => pairs.Sampling,
                    "oversampling" => PairSampling.Oversampling,
                    "undersampling" => PairSampling.Undersampling,
                    "unique" => PairSampling.Unique,
                    string other => throw new InputException($"--pair-sampling {other}: oversampling, undersampling or unique is expected"),
                },
            },
            _ => strategy,
        };
        strategy.Validate();
        return strategy;
    }

    /// <summary>Whether the strategy is left to the number of labels.</summary>
    public bool IsOpen(ParseResult parsed) => parsed.GetValue(_strategy) is null;

    /// <summary>How layers differ.</summary>
    public LayerSchedule Layers(ParseResult parsed) => new()
    {
        Decay = parsed.GetValue(_layerDecay),
        Unfreezing = parsed.GetValue(_unfreezing),
        Reinitialized = parsed.GetValue(_reinitialize),
    };

    private void RefuseOthers(ParseResult parsed, TuningStrategy strategy)
    {
        Option[] own = strategy switch
        {
            Lora => [_rank, _alpha, _loraDropout, _rankStabilized, _trainBiases, _targetModules],
            Ia3 => [_targetModules, _feedForwardModules],
            BottleneckAdapter => [_reductionFactor, _adapterNorms],
            PromptTuning or PrefixTuning => [_virtualTokens],
            HeadTuning => [_features, _classifier, _layers, _pooling],
            ContrastiveTuning => [_rounds, _pairSampling, _maxPairs, _template],
            _ => [],
        };
        Option[] special =
        [
            _rank,
            _alpha,
            _loraDropout,
            _rankStabilized,
            _trainBiases,
            _targetModules,
            _feedForwardModules,
            _reductionFactor,
            _adapterNorms,
            _virtualTokens,
            _features,
            _classifier,
            _layers,
            _pooling,
            _rounds,
            _pairSampling,
            _maxPairs,
            _template,
        ];
        if (Array.Find(special, option => !own.Contains(option) && parsed.GetResult(option) is { Implicit: false }) is { } other)
            throw new InputException(
                $"{other.Name} does nothing with --strategy {strategy.Name}: "
                    + (
                    own.Length == 0
                        ? "that has no options of its own"
                        : $"its options are {string.Join(", ", own.Select(option => option.Name))}"
                )
            );
    }

    private HeadTuning Head(ParseResult parsed, HeadTuning head)
    {
        string? features = parsed.GetValue(_features),
            classifier = parsed.GetValue(_classifier),
            layers = parsed.GetValue(_layers),
            pooling = parsed.GetValue(_pooling);
        if (features is not (null or "live" or "cached" or "vectors"))
            throw new InputException($"--features {features}: live, cached or vectors is expected");
        if (features != "cached" && (classifier ?? layers ?? pooling) is not null)
            throw new InputException("--classifier, --layers and --pooling are for --features cached");
        if (features != "cached")
            return head with { OnVectors = features == "vectors" };
        return head with
        {
            Classifier = classifier switch
            {
                null => (FeatureClassifier?)null,
                "logistic" => FeatureClassifier.Logistic,
                "linear" => FeatureClassifier.Linear,
                _ => throw new InputException($"--classifier {classifier}: logistic or linear is expected"),
            },
            Features = new FeatureOptions
            {
                Layers = layers is null
                    ? [-1]
                    :
                    [
                        .. layers
                            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                            .Select(layer =>
                                int.TryParse(layer, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
                                    ? number
                                    : throw new InputException($"--layers {layers}: \"{layer}\" is not a whole number")
                            ),
                    ],
                Pooling =
                    pooling is null ? EmbeddingPooling.Mean
                    : Enum.TryParse(pooling, ignoreCase: true, out EmbeddingPooling known) && !char.IsAsciiDigit(pooling[0]) ? known
                    : throw new InputException($"--pooling {pooling}: mean, first, last, max, meansqrtlength or weightedmean is expected"),
            },
        };
    }

    private static string[]? Names(string? list) =>
        list?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
