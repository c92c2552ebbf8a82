using Graft.Corpus.Shards;

namespace Graft.Corpus;

/// <summary>A finished corpus, opened for reading.</summary>
public sealed class CorpusFolder : IDisposable
{
    private CorpusFolder(string folder, CorpusManifest manifest)
    {
        (Folder, Manifest) = (folder, manifest);
        Train = Open(source => source.Train);
        HeldOut = Open(source => source.HeldOut);
    }

    /// <summary>Where it lies.</summary>
    public string Folder { get; }

    /// <summary>What it is made of.</summary>
    public CorpusManifest Manifest { get; }

    /// <summary>The sources' parts to train on; those that have any text.</summary>
    public IReadOnlyList<CorpusSplit> Train { get; }

    /// <summary>The sources' parts to evaluate on; those that have any text.</summary>
    public IReadOnlyList<CorpusSplit> HeldOut { get; }

    /// <summary>True where a folder holds a finished corpus.</summary>
    public static bool IsCorpus(string folder) => File.Exists(Path.Combine(folder, CorpusManifest.FileName));

    /// <summary>Opens a folder.</summary>
    /// <exception cref="InputException">It is no corpus, or damaged.</exception>
    public static CorpusFolder Open(string folder) => new(folder, CorpusManifest.Load(folder));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (CorpusSplit split in Train.Concat(HeldOut)) split.Dispose();
    }

    private List<CorpusSplit> Open(Func<CorpusSourceReport, IReadOnlyList<CorpusShard>> shards) =>
        [
            .. Manifest
                .Sources.Where(source => shards(source).Any(shard => shard.Lengths.Documents > 0))
                .Select(source => new CorpusSplit(
                    source.Name,
                    source.Weight,
                    shards(source).Select(shard => new Shard(Path.Combine(Folder, shard.Name), Manifest.IsWide, shard.Lengths))
                )),
        ];
}
