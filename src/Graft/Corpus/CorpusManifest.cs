using System.Text.Json;
using System.Text.Json.Serialization;
using Graft.Corpus.Shards;

namespace Graft.Corpus;

/// <summary>A file that was read.</summary>
/// <param name="Path">As it was named.</param>
/// <param name="Bytes">The size.</param>
/// <param name="Sha256">The SHA-256 of its bytes.</param>
public sealed record CorpusFile(string Path, long Bytes, string Sha256);

/// <summary>A shard and what it holds.</summary>
/// <param name="Name">The files' name without extension.</param>
/// <param name="Lengths">The sizes.</param>
public sealed record CorpusShard(string Name, ShardLengths Lengths);

/// <summary>What became of a source.</summary>
public sealed record CorpusSourceReport
{
    /// <summary>The source's name.</summary>
    public required string Name { get; init; }

    /// <summary>How often it is read in an epoch.</summary>
    public required double Weight { get; init; }

    /// <summary>The files.</summary>
    public IReadOnlyList<CorpusFile> Files { get; init; } = [];

    /// <summary>Documents read.</summary>
    public long Documents { get; init; }

    /// <summary>UTF-8 bytes of text read.</summary>
    public long TextBytes { get; init; }

    /// <summary>Documents left out, by reason.</summary>
    public IReadOnlyDictionary<string, long> Dropped { get; init; } = new SortedDictionary<string, long>(StringComparer.Ordinal);

    /// <summary>The shards to train on.</summary>
    public IReadOnlyList<CorpusShard> Train { get; init; } = [];

    /// <summary>The shards to evaluate on.</summary>
    public IReadOnlyList<CorpusShard> HeldOut { get; init; } = [];
}

/// <summary>What overlapped with an evaluation file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Documents">Documents of the corpus left out for it.</param>
/// <param name="TooShort">The texts that are too short to be found.</param>
/// <param name="Examples">The beginnings of some documents that were left out.</param>
public sealed record OverlapReport(string Path, long Documents, long TooShort, IReadOnlyList<string> Examples);

/// <summary><c>corpus.json</c>: what a corpus is made of. Its presence says that the corpus is whole.</summary>
public sealed record CorpusManifest
{
    /// <summary>The file's name.</summary>
    public const string FileName = "corpus.json";

    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Version of the layout.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Identifies the tokenizer.</summary>
    public required string Tokenizer { get; init; }

    /// <summary>Number of its tokens.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>The token between documents.</summary>
    public required int SeparatorId { get; init; }

    /// <summary>The share of documents held out.</summary>
    public required double HeldOutShare { get; init; }

    /// <summary>What chose them.</summary>
    public required long Seed { get; init; }

    /// <summary>The sources.</summary>
    public required IReadOnlyList<CorpusSourceReport> Sources { get; init; }

    /// <summary>Overlap with evaluation files, when asked for.</summary>
    public IReadOnlyList<OverlapReport> Overlap { get; init; } = [];

    /// <summary>Ids are stored in 32 bits rather than 16.</summary>
    [JsonIgnore]
    public bool IsWide => VocabularySize > ushort.MaxValue + 1;

    /// <summary>The sizes of all shards of one kind.</summary>
    public ShardLengths Total(bool heldOut)
    {
        ShardLengths total = default;
        foreach (ShardLengths shard in Sources.SelectMany(source => heldOut ? source.HeldOut : source.Train).Select(shard => shard.Lengths))
            total = new ShardLengths(
                total.Tokens + shard.Tokens,
                total.Sentences + shard.Sentences,
                total.Documents + shard.Documents,
                total.TextBytes + shard.TextBytes
            );
        return total;
    }

    /// <summary>Reads a corpus folder's manifest.</summary>
    /// <exception cref="InputException">It is missing or not a manifest.</exception>
    public static CorpusManifest Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
            throw new InputException(
                $"{folder} is no corpus: it has no {FileName} (graft corpus build makes one; an interrupted build goes on with the "
                    + $"same command)"
            );
        return Parse<CorpusManifest>(path);
    }

    /// <summary>The file's content.</summary>
    public string ToJson() => ToJson(this);

    /// <summary>Writes it.</summary>
    internal void Save(string folder) => AtomicFile.WriteText(Path.Combine(folder, FileName), ToJson(this));

    internal static string ToJson<T>(T value) => JsonSerializer.Serialize(value, s_json);

    internal static T Parse<T>(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), s_json) ?? throw new InputException($"{path} holds nothing");
        }
        catch (JsonException error)
        {
            throw new InputException($"{path} is damaged: {error.Message}", error);
        }
    }
}
