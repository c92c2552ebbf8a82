namespace Graft.Pretrained;

/// <summary>
/// A lock between processes: one holder of a lock file at a time (flock on Unix, as Hugging Face's libraries take it). A crash releases it.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);
    private readonly FileStream _stream;

    private FileLock(FileStream stream) => _stream = stream;

    /// <summary>Waits until nobody else holds the lock.</summary>
    public static async Task<FileLock> AcquireAsync(string path, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path) ?? ".");
        while (true)
        {
            if (TryOpen(path) is { } stream) return new(stream);
            await Task.Delay(s_pause, cancellationToken);
        }
    }

    public void Dispose() => _stream.Dispose();

    private static FileStream? TryOpen(string path)
    {
        // A file that another process holds: EWOULDBLOCK on Linux and macOS, a sharing violation on Windows.
        const int linuxHeld = 11, macHeld = 35, windowsHeld = unchecked((int)0x80070020);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException failure) when (failure.HResult is linuxHeld or macHeld or windowsHeld)
        {
            return null;
        }
    }
}
