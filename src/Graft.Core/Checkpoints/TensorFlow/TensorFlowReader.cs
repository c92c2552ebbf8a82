using System.Globalization;
using static System.FormattableString;

namespace Graft.Checkpoints;

/// <summary>
/// Reads the checkpoints of TensorFlow: <c>NAME.index</c> says where in <c>NAME.data-00000-of-00001</c> … each variable lies. Names are
/// TensorFlow's own;
/// <see cref="TensorFlowBertNames"/> turns those of BERT into the names that everything else uses, as <see cref="Checkpoint.Open"/> does by
/// itself. Checksums are verified when a variable is first read.
/// </summary>
internal static class TensorFlowReader
{
    private const string IndexExtension = ".index";

    /// <summary>Maps the data files and reads the index.</summary>
    /// <param name="path">The index file, or the prefix that it shares with its data files (bert_model.ckpt).</param>
    /// <exception cref="CheckpointException">A file is missing, damaged or hostile.</exception>
    public static Checkpoint Open(string path)
    {
        string indexPath = path.EndsWith(IndexExtension, StringComparison.OrdinalIgnoreCase) ? path : path + IndexExtension;
        TensorFlowIndex index = TensorFlowIndex.Read(indexPath);
        List<MappedFile> shards = [];
        try
        {
            string prefix = indexPath[..^IndexExtension.Length];
            for (int shard = 0; shard < index.ShardCount; shard++)
                shards.Add(
                    MappedFile.Open(string.Create(CultureInfo.InvariantCulture, $"{prefix}.data-{shard:D5}-of-{index.ShardCount:D5}"))
                );
            return new(
                indexPath,
                CheckpointFormat.TensorFlow,
                shards,
                index.Entries.Where(entry => entry.Type is not null).Select(entry => Place(indexPath, shards, entry))
            );
        }
        catch
        {
            foreach (MappedFile shard in shards) shard.Dispose();
            throw;
        }
    }

    private static StoredTensor Place(string indexPath, List<MappedFile> shards, TensorFlowEntry entry)
    {
        if (entry.Shard >= shards.Count)
            throw new CheckpointException(indexPath, Invariant($"places {entry.Name} in data file {entry.Shard} of {shards.Count}"));
        MappedFile shard = shards[entry.Shard];
        if (entry.Offset > shard.Length - entry.ByteCount)
            throw new CheckpointException(
                shard.FilePath,
                string.Create(CultureInfo.InvariantCulture,
                    $"{entry.Name} needs {entry.ByteCount} bytes at offset {entry.Offset}, but the file ends at {shard.Length}: it is "
                        + $"cut short or damaged"
                )
            );
        return new(shard, entry.Name, entry.Type ?? ElementType.F32, entry.Shape, entry.Offset, checksum: entry.Checksum);
    }
}
