namespace Graft.Pretrained;

/// <summary>
/// Where models come from and where they are kept. The defaults are those of Hugging Face's libraries, so that the cache is shared with
/// them.
/// </summary>
public sealed record ModelHubOptions
{
    /// <value>The hub or a mirror of it (HF_ENDPOINT).</value>
    public Uri Endpoint { get; init; } = new("https://huggingface.co");

    /// <value>The cache (HF_HUB_CACHE, or hub/ in HF_HOME, or in ~/.cache/huggingface).</value>
    public required string CacheFolder { get; init; }

    /// <value>
    /// A token for private and gated models (HF_TOKEN, or the file that <c>hf auth login</c> writes); only ever sent to
    /// <see cref="Endpoint"/>.
    /// </value>
    public string? Token { get; init; }

    /// <value>Use the cache only, never the network (HF_HUB_OFFLINE).</value>
    public bool IsOffline { get; init; }

    /// <value>How often a transfer without progress is tried.</value>
    public int Attempts { get; init; } = 5;

    /// <value>The pause after a failed attempt; doubled after each further one.</value>
    public TimeSpan RetryPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <value>The longest pause that a busy hub (429) may ask for before the transfer is given up.</value>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromMinutes(5);

    /// <value>A transfer that delivers nothing for so long counts as broken.</value>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The options that the environment describes.</summary>
    /// <exception cref="InputException">HF_ENDPOINT is not an http or https address.</exception>
    public static ModelHubOptions FromEnvironment() => FromEnvironment(Environment.GetEnvironmentVariable);

    internal static ModelHubOptions FromEnvironment(Func<string, string?> read)
    {
        string? Read(string name) => read(name) is { Length: > 0 } value ? value : null;
        string userCache = Read("XDG_CACHE_HOME")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        string home = Read("HF_HOME") ?? Path.Combine(userCache, "huggingface");
        return new ModelHubOptions
        {
            Endpoint = ParseEndpoint(Read("HF_ENDPOINT")),
            CacheFolder = Read("HF_HUB_CACHE") ?? Read("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(home, "hub"),
            Token = Read("HF_TOKEN") ?? ReadTokenFile(Read("HF_TOKEN_PATH") ?? Path.Combine(home, "token")),
            IsOffline = IsTrue(Read("HF_HUB_OFFLINE") ?? Read("TRANSFORMERS_OFFLINE")),
        };
    }

    private static Uri ParseEndpoint(string? text)
    {
        if (text is null) return new("https://huggingface.co");
        return Uri.TryCreate(text.TrimEnd('/'), UriKind.Absolute, out Uri? endpoint) && endpoint.Scheme is "http" or "https"
            ? endpoint!
            : throw new InputException($"HF_ENDPOINT: {text} is not an http or https address");
    }

    private static bool IsTrue(string? value) => value?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";

    private static string? ReadTokenFile(string path)
    {
        try
        {
            return File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } token ? token : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Public models need no token; a private one will be refused with advice.
            return null;
        }
    }
}
