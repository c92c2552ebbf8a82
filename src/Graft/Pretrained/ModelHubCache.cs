using Graft.Checkpoints;

namespace Graft.Pretrained;

/// <summary>A model in the cache.</summary>
/// <param name="Name">“name” or “organization/name”.</param>
/// <param name="Commit">The commit whose files they are.</param>
/// <param name="Revisions">Branches and tags that were at this commit when they were last fetched.</param>
/// <param name="Folder">The folder to load from.</param>
/// <param name="Bytes">Size of its files.</param>
/// <param name="HasWeights">False for a snapshot that holds only a part, such as a tokenizer.</param>
public sealed record CachedModel(string Name, string Commit, IReadOnlyList<string> Revisions, string Folder, long Bytes, bool HasWeights);

/// <summary>
/// The cache of Hugging Face's libraries: <c>models--ORG--NAME/blobs/ETAG</c> holds each file's content once, <c>snapshots/COMMIT/FILE</c>
/// links to it, <c>refs/REVISION</c> names the commit that a branch or tag was last seen at.
/// </summary>
internal sealed class ModelHubCache(string root)
{
    private const string Prefix = "models--", Separator = "--";

    /// <summary>The folder of one model.</summary>
    public string FolderOf(string name) => Path.Combine(root, Prefix + name.Replace("/", Separator, StringComparison.Ordinal));

    /// <summary>Where a file's content lies.</summary>
    public string Blob(string name, string etag) => Path.Combine(FolderOf(name), "blobs", etag);

    /// <summary>The folder that shows the files of a commit under their names.</summary>
    public string Snapshot(string name, string commit) => Path.Combine(FolderOf(name), "snapshots", commit);

    /// <summary>The lock that Hugging Face's libraries take while they write a blob.</summary>
    public string Lock(string name, string etag) => Path.Combine(root, ".locks", Path.GetFileName(FolderOf(name)), etag + ".lock");

    /// <summary>The snapshot of a revision when it is there with its configuration and weights; null otherwise.</summary>
    public string? FindComplete(ModelHubId id)
    {
        string? commit = id.IsPinned ? id.Revision : ReadReference(id);
        if (commit is null) return null;
        string folder = Snapshot(id.Name, commit);
        return CheckpointFolder.Find(folder) is null ? null : folder;
    }

    /// <summary>Remembers which commit a branch or tag is at.</summary>
    public void WriteReference(ModelHubId id, string commit)
    {
        if (id.Revision != commit) AtomicFile.WriteText(ReferencePath(id), commit);
    }

    /// <summary>Shows a blob under its name in a snapshot; where links are not allowed, by moving it there.</summary>
    public void Link(string blob, string snapshotFile)
    {
        string folder = Path.GetDirectoryName(snapshotFile) ?? root;
        Directory.CreateDirectory(folder);
        File.Delete(snapshotFile);
        try
        {
            File.CreateSymbolicLink(snapshotFile, Path.GetRelativePath(folder, blob));
        }
        catch (Exception failure) when (OperatingSystem.IsWindows() && failure is IOException or UnauthorizedAccessException)
        {
            File.Move(blob, snapshotFile, overwrite: true);
        }
    }

    /// <summary>Every snapshot of every model, by name.</summary>
    public IEnumerable<CachedModel> List()
    {
        if (!Directory.Exists(root)) yield break;
        foreach (string folder in Directory.EnumerateDirectories(root, Prefix + "*").Order(StringComparer.Ordinal))
        {
            string snapshots = Path.Combine(folder, "snapshots");
            if (!Directory.Exists(snapshots)) continue;
            string name = Path.GetFileName(folder)[Prefix.Length..].Replace(Separator, "/", StringComparison.Ordinal);
            ILookup<string, string> revisions = ReadReferences(Path.Combine(folder, "refs"));
            foreach (string snapshot in Directory.EnumerateDirectories(snapshots).Order(StringComparer.Ordinal))
            {
                string commit = Path.GetFileName(snapshot);
                yield return new(
                    name,
                    commit,
                    [.. revisions[commit].Order(StringComparer.Ordinal)],
                    snapshot,
                    SizeOf(snapshot),
                    CheckpointFolder.Find(snapshot) is not null
                );
            }
        }
    }

    private string ReferencePath(ModelHubId id) => Path.Combine(FolderOf(id.Name), "refs", id.Revision);

    private string? ReadReference(ModelHubId id)
    {
        string path = ReferencePath(id);
        return File.Exists(path) && ModelHubClient.IsCommit(File.ReadAllText(path).Trim(), out string commit) ? commit : null;
    }

    private static ILookup<string, string> ReadReferences(string folder)
    {
        IEnumerable<string> files = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories) : [];
        return files.ToLookup(
            file => File.ReadAllText(file).Trim(),
            file => Path.GetRelativePath(folder, file).Replace('\\', '/'),
            StringComparer.Ordinal
        );
    }

    private static long SizeOf(string folder) =>
        Directory
            .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Sum(file =>
                File.ResolveLinkTarget(file, returnFinalTarget: true) is FileInfo target
                    ? (target.Exists ? target.Length : 0)
                    : new FileInfo(file).Length
            );
}
