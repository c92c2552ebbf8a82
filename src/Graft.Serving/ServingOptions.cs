using System.Globalization;

namespace Graft.Serving;

/// <summary>A model to be served.</summary>
/// <param name="Name">What requests call it.</param>
/// <param name="Folder">A run folder or a model folder.</param>
public sealed record ModelSource(string Name, string Folder)
{
    /// <summary>Reads <c>NAME=FOLDER</c>, or a folder, whose last part is then the name.</summary>
    /// <exception cref="InputException">There is no folder, or no name.</exception>
    public static ModelSource Parse(string text)
    {
        int at = text.IndexOf('=', StringComparison.Ordinal);
        string folder = text[(at + 1)..], name = at > 0 ? text[..at] : Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        if (folder.Length == 0 || name.Length == 0) throw new InputException($"\"{text}\": a folder, or NAME=FOLDER, is expected");
        return new ModelSource(name, folder);
    }
}

/// <summary>What is served, and within which limits.</summary>
public sealed record ServingOptions
{
    /// <summary>The models, each under a name of its own.</summary>
    public IList<ModelSource> Models { get; init; } = [];

    /// <summary>Keys of which a request must bear one (<c>Authorization: Bearer KEY</c>).</summary>
    /// <value>None: every request is answered.</value>
    public IReadOnlyList<string> ApiKeys { get; init; } = [];

    /// <summary>The most tokens that wait to be computed; what comes beyond is answered 429.</summary>
    /// <value>65,536</value>
    public int MaxQueuedTokens { get; init; } = 65_536;

    /// <summary>The most tokens that are computed together.</summary>
    /// <value>1,024</value>
    public int MaxBatchTokens { get; init; } = 1024;

    /// <summary>
    /// Whether an answer has the same bits whatever is asked beside it; it is the same to rounding otherwise (1e-6 in fp32). What each
    /// model does is looked at when it is opened: one whose batches do not hold this computes one text at a time.
    /// </summary>
    /// <value>True: products of few rows are computed with rows of zeros beside them.</value>
    public bool SameBits { get; init; } = true;

    /// <summary>The most texts of a request.</summary>
    /// <value>2,048</value>
    public int MaxTexts { get; init; } = 2048;

    /// <summary>The most tokens of a text that is read in windows, or of a prompt.</summary>
    /// <value>8,192</value>
    public int MaxTextTokens { get; init; } = 8192;

    /// <summary>The most bytes of a request's body.</summary>
    /// <value>2,000,000</value>
    public long MaxBodyBytes { get; init; } = 2_000_000;

    /// <summary>Cut texts that are too long for a model of vectors, instead of refusing them where a request does not say.</summary>
    public bool AutoTruncate { get; init; }

    /// <summary>How often the models' folders are looked at for a new version.</summary>
    /// <value>Every five seconds; zero for never.</value>
    public TimeSpan ReloadInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Refuses impossible options.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        if (Models.Count == 0) throw new InputException("there is no model to serve: name a run folder or a model folder");
        if (Models.GroupBy(model => model.Name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new InputException($"two models are called \"{twice.Key}\": name them (NAME=FOLDER)");
        RequireAtLeast("max-queue", MaxQueuedTokens, 512);
        RequireAtLeast("max-batch-tokens", MaxBatchTokens, 1);
        RequireAtLeast("max-texts", MaxTexts, 1);
        RequireAtLeast("max-text-tokens", MaxTextTokens, 8);
        RequireAtLeast("max-body", MaxBodyBytes, 1024);
        if (ApiKeys.Any(key => key.Length < 8)) throw new InputException("an API key has less than 8 characters");
    }

    private static void RequireAtLeast(string key, long value, long least)
    {
        if (value < least)
            throw new InputException(
                key,
                value.ToString(CultureInfo.InvariantCulture),
                string.Create(CultureInfo.InvariantCulture, $"at least {least}")
            );
    }
}
