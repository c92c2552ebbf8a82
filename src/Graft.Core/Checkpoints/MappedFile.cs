using System.IO.MemoryMappedFiles;
using static System.FormattableString;

namespace Graft.Checkpoints;

/// <summary>
/// A file mapped read-only into memory: its pages come from the disk when they are touched and can be handed back after use. Every access
/// is checked against the file's length. The file must not be shortened while it is mapped (replacing it by a rename is fine).
/// </summary>
internal sealed unsafe class MappedFile : IDisposable
{
    // Nothing can be mapped of an empty file; an empty file still has a path and a length.
    private readonly MemoryMappedFile? _map;
    private readonly MemoryMappedViewAccessor? _view;
    private byte* _start;

    private MappedFile(string path, long length, MemoryMappedFile? map)
    {
        FilePath = path;
        Length = length;
        if (map is null) return;
        _map = map;
        _view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += _view.PointerOffset;
    }

    /// <summary>The path the file was opened with.</summary>
    public string FilePath { get; }

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <summary>True after <see cref="Dispose"/>.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>Maps a file.</summary>
    /// <exception cref="CheckpointException">It is missing or cannot be read.</exception>
    public static MappedFile Open(string path)
    {
        MappedFile file = Map(path);
        if (Placeholder(file) is not { } problem) return file;
        file.Dispose();
        throw new CheckpointException(path, problem);
    }

    /// <summary>What people often have in place of the weights: a pointer of Git LFS, or the page that a failed download showed.</summary>
    private static string? Placeholder(MappedFile file)
    {
        ReadOnlySpan<byte> head = file.Slice(0, (int)Math.Min(file.Length, 64));
        if (Tokenizers.LfsPointer.Is(head))
            return "is a Git LFS pointer, not the weights: fetch them with `git lfs pull` or `graft pull`";
        return head.StartsWith("<!DOCTYPE"u8) || head.StartsWith("<html"u8)
            ? "is a web page, not a file of weights: download it again"
            : null;
    }

    private static MappedFile Map(string path)
    {
        try
        {
            FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
            long length = stream.Length;
            if (length > 0)
            {
                MemoryMappedFile map = MemoryMappedFile.CreateFromFile(
                    stream,
                    null,
                    0,
                    MemoryMappedFileAccess.Read,
                    HandleInheritability.None,
                    leaveOpen: false
                );
                return new(path, length, map);
            }

            stream.Dispose();
            return new(path, 0, null);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException(path, "no such file", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"cannot be read ({failure.Message.TrimEnd('.')})", failure);
        }
    }

    /// <summary>Some bytes of the file, valid until <see cref="Dispose"/>.</summary>
    /// <exception cref="CheckpointException">The range is not inside the file.</exception>
    public ReadOnlySpan<byte> Slice(long offset, int count) => new(Pointer(offset, count), count);

    /// <summary>The address of a range of the file, valid until <see cref="Dispose"/>.</summary>
    /// <inheritdoc cref="Slice" path="/exception"/>
    public byte* Pointer(long offset, long count)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        if (offset < 0 || count < 0 || offset > Length - count)
            throw new CheckpointException(
                FilePath,
                Invariant($"needs {count} bytes at offset {offset}, but the file ends at {Length}: it is cut short or damaged")
            );
        return _start + offset;
    }

    public void Dispose()
    {
        if (IsDisposed) return;
        IsDisposed = true;
        _start = null;
        _view?.SafeMemoryMappedViewHandle.ReleasePointer();
        _view?.Dispose();
        _map?.Dispose();
    }
}
