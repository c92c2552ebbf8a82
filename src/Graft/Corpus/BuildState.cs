using Graft.Corpus.Shards;

namespace Graft.Corpus;

/// <summary>Where an unfinished build stands; written now and then, so that it can go on from there.</summary>
internal sealed record BuildState
{
    public const string FileName = "build.json";

    /// <summary>Identifies the options and the tokenizer: another build must not go on from here.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The next document to read.</summary>
    public ReadPosition Next { get; init; }

    /// <summary>Number of documents read in all.</summary>
    public long Documents { get; init; }

    public required SourceState[] Sources { get; init; }

    public long[] OverlapDocuments { get; init; } = [];

    public List<string>[] OverlapExamples { get; init; } = [];
}

/// <summary>What became of a source so far.</summary>
internal sealed record SourceState
{
    public long Documents { get; set; }

    public long TextBytes { get; set; }

    public SortedDictionary<string, long> Dropped { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Sizes of the shards, the one being written last.</summary>
    public List<ShardLengths> Train { get; init; } = [];

    public List<ShardLengths> HeldOut { get; init; } = [];
}
