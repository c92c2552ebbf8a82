using System.Numerics;
using System.Text;
using static System.FormattableString;

namespace Graft.Checkpoints;

/// <summary>
/// Reads <c>pytorch_model.bin</c> without Python and without running anything: the zip archive of PyTorch 1.6 and later, and the layout
/// before it.
/// Both hold a pickled dictionary from names to views of storages, and the storages as plain numbers, which are used where they lie in the
/// mapped file.
/// </summary>
internal static class PyTorchReader
{
    /// <summary>The first pickle of the older layout.</summary>
    private static readonly BigInteger s_legacyMagic = BigInteger.Parse(
        "119547037146038801333356",
        System.Globalization.CultureInfo.InvariantCulture
    );

    private const long LegacyProtocol = 1001;

    /// <summary>Maps a file and reads its table of tensors.</summary>
    /// <exception cref="CheckpointException">It is missing, damaged or hostile.</exception>
    public static Checkpoint Open(string path)
    {
        MappedFile file = MappedFile.Open(path);
        try
        {
            if (file.Length == 0) throw new CheckpointException(path, "is empty");
            bool isZip = file.Length >= 4 && file.Slice(0, 4).SequenceEqual("PK\x03\x04"u8);
            return new(path, CheckpointFormat.PyTorch, [file], isZip ? ReadZip(file) : ReadLegacy(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static List<StoredTensor> ReadZip(MappedFile file)
    {
        ZipDirectory zip = ZipDirectory.Read(file);
        string root = FindRoot(zip, file.FilePath);
        if (zip.Contains(root + "byteorder")) RequireLittleEndian(file, zip.Locate(root + "byteorder"));
        (long start, long length) = zip.Locate(root + "data.pkl");
        object? content = PickleMachine.Read(file, ref start, length);
        return TensorTable.Build(file, content, key => zip.Locate($"{root}data/{key}"));
    }

    /// <summary>
    /// Everything lies in one folder of the archive. A second folder, or a name that climbs out, would make it unclear what is read.
    /// </summary>
    private static string FindRoot(ZipDirectory zip, string path)
    {
        string[] roots =
        [
            .. zip.Names.Where(name => name.EndsWith("/data.pkl", StringComparison.Ordinal)).Select(name => name[..^"data.pkl".Length]),
        ];
        if (roots.Length == 0)
            throw new CheckpointException(path, "is a zip archive without data.pkl: not a PyTorch checkpoint");
        if (roots.Length > 1)
            throw new CheckpointException(path, $"has {roots.Length} files named data.pkl: which one counts is unclear");
        string? stranger = zip.Names.FirstOrDefault(name =>
            !name.StartsWith(roots[0], StringComparison.Ordinal) || name.Split('/').Contains("..", StringComparer.Ordinal)
        );
        return stranger is null
            ? roots[0]
            : throw new CheckpointException(path, $"has {stranger} outside the folder {roots[0]} of the archive: refused");
    }

    private static void RequireLittleEndian(MappedFile file, (long Offset, long Length) entry)
    {
        string order = Encoding.ASCII.GetString(file.Slice(entry.Offset, (int)Math.Min(entry.Length, 16)));
        if (order != "little")
            throw new CheckpointException(file.FilePath, $"stores its numbers in byte order “{order}”; only little is read");
    }

    /// <summary>
    /// Five pickles (a magic number, the version, facts about the machine, the weights, the keys of the storages), then the storages in the
    /// order of the keys.
    /// </summary>
    private static List<StoredTensor> ReadLegacy(MappedFile file)
    {
        long position = 0;
        object? Next() => PickleMachine.Read(file, ref position, file.Length - position);
        if (Next() is not BigInteger magic || magic != s_legacyMagic)
            throw new CheckpointException(file.FilePath, "does not begin as a PyTorch checkpoint does");
        if (Next() is not LegacyProtocol)
            throw new CheckpointException(file.FilePath, "has an unknown version of the PyTorch format before 1.6");
        if (Next() is PickledDictionary machine && machine.Items.Any(fact => fact is ("little_endian", false)))
            throw new CheckpointException(file.FilePath, "was written on a big-endian machine, which is not read");
        object? content = Next();
        List<object?> keys = Next() as List<object?> ?? throw new CheckpointException(file.FilePath, "lacks the list of its storages");
        Dictionary<string, (long Offset, long Length)> storages = FindStorages(file, position, keys, TensorTable.ElementSizes(content));
        return TensorTable.Build(file, content, key =>
            storages.TryGetValue(key, out (long, long) range) ? range : throw new CheckpointException(file.FilePath, $"lacks storage {key}")
        );
    }

    /// <summary>Each storage is its number of elements (eight bytes), then the elements.</summary>
    private static Dictionary<string, (long Offset, long Length)> FindStorages(
        MappedFile file,
        long position,
        List<object?> keys,
        Dictionary<string, int> elementSizes
    )
    {
        Dictionary<string, (long, long)> storages = new(StringComparer.Ordinal);
        foreach (object? item in keys)
        {
            if (item is not string key || !elementSizes.TryGetValue(key, out int elementSize))
                throw new CheckpointException(file.FilePath, "lists a storage that no tensor uses");
            long elements = BitConverter.ToInt64(file.Slice(position, sizeof(long)));
            position += sizeof(long);
            if (elements < 0 || elements > (file.Length - position) / elementSize)
                throw new CheckpointException(
                    file.FilePath,
                    Invariant(
                        $"storage {key} claims {elements} elements, but {file.Length - position} bytes are left: it is cut short or damaged"
                    )
                );
            if (!storages.TryAdd(key, (position, elements * elementSize)))
                throw new CheckpointException(file.FilePath, $"lists storage {key} twice");
            position += elements * elementSize;
        }

        return storages;
    }
}
