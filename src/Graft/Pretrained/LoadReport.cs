namespace Graft.Pretrained;

/// <summary>What became of a checkpoint's keys.</summary>
public sealed record LoadReport
{
    /// <summary>A model that was made, not loaded.</summary>
    public static LoadReport Created { get; } = new();

    /// <summary>The file of weights; null for a model that was made.</summary>
    public string? File { get; init; }

    /// <summary>Parameters the checkpoint has no values for: they are randomly initialised from the seed.</summary>
    public IReadOnlyList<string> Missing { get; init; } = [];

    /// <summary>Keys of the checkpoint that this model has no parameter for: they were left out.</summary>
    public IReadOnlyList<string> Unexpected { get; init; } = [];

    /// <summary>
    /// Parameters whose shape in the checkpoint is another (the classifier of other labels): they are randomly initialised from the seed.
    /// </summary>
    public IReadOnlyList<string> Mismatched { get; init; } = [];

    /// <summary>Keys of config.json that Graft does not know: whatever they ask for is not there.</summary>
    public IReadOnlyList<string> UnknownConfigKeys { get; init; } = [];

    /// <summary>What config.json says in two ways that contradict each other, and which of them counts: a line each.</summary>
    internal IReadOnlyList<string> Contradictions { get; init; } = [];

    /// <summary>
    /// Lines about config.json: <see cref="UnknownConfigKeys"/>, and values that contradict each other; empty where there are none.
    /// </summary>
    public IEnumerable<string> ConfigNotes => UnknownConfigKeys.Count == 0 ? Contradictions
        : [$"config.json has keys that Graft does not know and does not follow: {Listed(UnknownConfigKeys)}", .. Contradictions];

    /// <summary>Lines for the user; empty where all is as expected.</summary>
    public IEnumerable<string> Notes
    {
        get
        {
            foreach (string note in ConfigNotes) yield return note;
            if (Missing.Count > 0) yield return $"new, not in the checkpoint: {Listed(Missing)}; train before use";
            if (Mismatched.Count > 0) yield return $"new, made for other labels: {Listed(Mismatched)}; train before use";
            if (Unexpected.Count > 0) yield return $"in the checkpoint but not used: {Listed(Unexpected)}";
        }
    }

    /// <summary>The same once something else has filled parameters that the checkpoint lacks.</summary>
    internal LoadReport Without(IReadOnlyCollection<string> filled) =>
        this with
        {
            Missing = [.. Missing.Where(name => !filled.Contains(name))],
            Mismatched = [.. Mismatched.Where(name => !filled.Contains(name))],
        };

    private static string Listed(IReadOnlyList<string> names) =>
        names.Count <= 6
            ? string.Join(", ", names)
            : string.Join(", ", names.Take(5))
                + string.Create(System.Globalization.CultureInfo.InvariantCulture, $" and {names.Count - 5} more");
}
