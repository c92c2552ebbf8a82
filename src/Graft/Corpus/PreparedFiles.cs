using System.Globalization;
using Graft.Distributed;

namespace Graft.Corpus;

/// <summary>
/// The files of a corpus that several ranks build, cut into stretches of neighbours: each is prepared by one rank and written, whole, into
/// the shared folder, from where rank 0 takes them all in the order of the files. How they are cut does not depend on the number of ranks,
/// so a build goes on with what another number of them has prepared.
/// </summary>
internal sealed class PreparedFiles
{
    private const long MostBytes = 64 << 20;
    private const int LeastStretches = 64; // enough to share among ranks, few enough for a folder
    private readonly string _folder, _fingerprint;
    private readonly (string Path, long Bytes, long Written)[] _files;
    private readonly int[] _cuts;

    /// <param name="folder">Where they are kept.</param>
    /// <param name="fingerprint">Identifies the options and the tokenizer.</param>
    /// <param name="files">The files in order.</param>
    public PreparedFiles(string folder, string fingerprint, IEnumerable<string> files)
    {
        (_folder, _fingerprint) = (folder, fingerprint);
        _files =
        [
            .. files.Select(path => (Path: path, File: new FileInfo(path))).Select(file =>
                (file.Path, file.File.Length, file.File.LastWriteTimeUtc.Ticks)
            ),
        ];
        long most = Math.Clamp(_files.Sum(file => file.Bytes) / LeastStretches, 1, MostBytes), held = 0;
        List<int> cuts = [0];
        for (int file = 0; file < _files.Length; file++)
        {
            held += _files[file].Bytes;
            if (held < most && file + 1 < _files.Length) continue;
            cuts.Add(file + 1);
            held = 0;
        }

        _cuts = [.. cuts];
    }

    /// <summary>The number of stretches.</summary>
    public int Count => _cuts.Length - 1;

    /// <summary>The sizes of the files: equal on all ranks that see the same ones.</summary>
    public string Description => string.Join(' ', _files.Select(file => file.Bytes.ToString(CultureInfo.InvariantCulture)));

    /// <summary>The stretch that a file belongs to.</summary>
    public int StretchOf(int file) => Array.FindIndex(_cuts, 1, cut => cut > file) - 1;

    /// <summary>A stretch's first file, and the one behind its last.</summary>
    public (int First, int End) FilesOf(int stretch) => (_cuts[stretch], _cuts[stretch + 1]);

    /// <summary>The stretches of each rank in order: the largest first, always to the rank that has the least.</summary>
    /// <param name="first">The first that is still needed.</param>
    /// <param name="ranks">Among whom they are shared.</param>
    public IReadOnlyList<int>[] Shares(int first, int ranks)
    {
        List<int>[] shares = [.. Enumerable.Range(0, ranks).Select(_ => new List<int>())];
        long[] bytes = new long[ranks];
        foreach (int stretch in Enumerable.Range(first, Math.Max(0, Count - first)).OrderByDescending(BytesOf))
        {
            int rank = Array.IndexOf(bytes, bytes.Min());
            shares[rank].Add(stretch);
            bytes[rank] += Math.Max(1, BytesOf(stretch));
        }

        foreach (List<int> share in shares) share.Sort();
        return shares;
    }

    /// <summary>Bytes of a stretch's files.</summary>
    public long BytesOf(int stretch) => FilesOf(stretch) is var (first, end) ? _files[first..end].Sum(file => file.Bytes) : 0;

    /// <summary>Whether a stretch has been prepared, with these options and from the files as they are.</summary>
    public bool IsThere(int stretch)
    {
        if (!File.Exists(PathOf(stretch))) return false;
        using BinaryReader reader = new(File.OpenRead(PathOf(stretch)));
        return reader.ReadString() == HeaderOf(stretch);
    }

    /// <summary>Writes a stretch.</summary>
    /// <param name="stretch">Which.</param>
    /// <param name="batches">Prepared batches, from the stretch's first document on; its own are taken.</param>
    public void Write(int stretch, IEnumerator<DocumentBatch> batches) =>
        AtomicFile.Write(
            PathOf(stretch),
            stream =>
            {
                using BinaryWriter writer = new(stream, System.Text.Encoding.UTF8, leaveOpen: true);
                writer.Write(HeaderOf(stretch));
                int end = FilesOf(stretch).End;
                while (batches.MoveNext())
                {
                    batches.Current.Write(writer);
                    if (batches.Current.Next.File == end) return;
                }
            }
        );

    /// <summary>The batches of a stretch in order.</summary>
    /// <exception cref="RunFailedException">It is not there, or damaged.</exception>
    public IEnumerable<DocumentBatch> Read(int stretch)
    {
        string path = PathOf(stretch);
        if (!IsThere(stretch))
            throw new RunFailedException(
                $"{path} is not there, or was made of other files: all ranks need the same shared folder for input and output; the same "
                    + "command goes on"
            );
        using BinaryReader reader = new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20));
        _ = reader.ReadString();
        int end = FilesOf(stretch).End;
        DocumentBatch batch = new();
        do
        {
            try
            {
                batch.Read(reader);
            }
            catch (EndOfStreamException failure)
            {
                throw new RunFailedException($"{path} breaks off: delete it, and the same command goes on", failure);
            }

            yield return batch;
        } while (batch.Next.File < end);
    }

    /// <summary>Removes what is needed no longer.</summary>
    public void Delete(int stretch) => File.Delete(PathOf(stretch));

    private string PathOf(int stretch) => Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{_cuts[stretch]:D6}"));

    private string HeaderOf(int stretch)
    {
        (int first, int end) = FilesOf(stretch);
        return Sha256.Of(_fingerprint + string.Join('\n', _files[first..end].Select(file => $"{file}")));
    }
}
