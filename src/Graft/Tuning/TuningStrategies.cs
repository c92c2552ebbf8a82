namespace Graft.Tuning;

/// <summary>The registry of strategies: one line each, with the papers' defaults.</summary>
public static class TuningStrategies
{
    private static readonly (string Name, Func<TuningStrategy> Create)[] s_strategies =
    [
        ("full", () => new FullTuning()),
        ("head", () => new HeadTuning()),
        ("houlsby", () => BottleneckAdapter.Houlsby),
        ("pfeiffer", () => BottleneckAdapter.Pfeiffer),
        ("prompt", () => new PromptTuning()),
        ("prefix", () => new PrefixTuning()),
        ("lora", () => new Lora()),
        ("ia3", () => new Ia3()),
        ("bitfit", () => new BitFit()),
    ];

    /// <summary>The names on the command line.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_strategies.Select(strategy => strategy.Name)];

    /// <summary>The strategy of a name.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static TuningStrategy Parse(string name)
    {
        Func<TuningStrategy>? create = s_strategies.FirstOrDefault(strategy => strategy.Name == name).Create;
        return create?.Invoke() ?? throw new InputException($"strategy \"{name}\" is not known; one of {string.Join(", ", Names)} is expected");
    }
}
