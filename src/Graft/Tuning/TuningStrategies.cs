namespace Graft.Tuning;

/// <summary>The registry of strategies: one line each, with the papers' defaults, and those that a program registers.</summary>
public static class TuningStrategies
{
    private static readonly Lock s_lock = new();
    private static (string Name, Func<TuningStrategy> Create)[] s_strategies =
    [
        ("full", () => new FullTuning()),
        ("head", () => new HeadTuning()),
        ("contrastive", () => new ContrastiveTuning()),
        ("houlsby", () => BottleneckAdapter.Houlsby),
        ("pfeiffer", () => BottleneckAdapter.Pfeiffer),
        ("prompt", () => new PromptTuning()),
        ("prefix", () => new PrefixTuning()),
        ("lora", () => new Lora()),
        ("ia3", () => new Ia3()),
        ("bitfit", () => new BitFit()),
    ];

    /// <summary>The names on the command line.</summary>
    public static IReadOnlyList<string> Names => [.. s_strategies.Select(strategy => strategy.Name)];

    /// <summary>Adds a strategy of your own; the command line and adapter folders then know its name.</summary>
    /// <param name="name">The strategy's <see cref="TuningStrategy.Name"/>.</param>
    /// <param name="create">Makes it with its usual options.</param>
    /// <exception cref="ArgumentException">A strategy has this name already.</exception>
    public static void Register(string name, Func<TuningStrategy> create)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(create);
        lock (s_lock)
        {
            if (s_strategies.Any(strategy => strategy.Name == name))
                throw new ArgumentException($"there is a strategy \"{name}\" already", nameof(name));
            s_strategies = [.. s_strategies, (name, create)];
        }
    }

    /// <summary>The strategy of a name.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static TuningStrategy Parse(string name)
    {
        Func<TuningStrategy>? create = s_strategies.FirstOrDefault(strategy => strategy.Name == name).Create;
        return create?.Invoke()
            ?? throw new InputException($"strategy \"{name}\" is not known; one of {string.Join(", ", Names)} is expected");
    }
}
