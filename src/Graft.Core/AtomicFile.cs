using System.Text;

namespace Graft;

/// <summary>
/// Writes a file whole or not at all: under a temporary name in the same folder, flushed to the disk, then renamed over the target.
/// A reader, or a run killed at any moment, sees the old content or the new one and never a part.
/// </summary>
internal static class AtomicFile
{
    private const int BufferSize = 1 << 16;
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes <paramref name="path"/> through <paramref name="write"/>; missing parent folders are made.</summary>
    /// <param name="path">The target; an existing file is replaced.</param>
    /// <param name="write">Receives the stream to fill. What it throws reaches the caller, and nothing is left behind.</param>
    /// <param name="expectedBytes">The final size when it is known (0: unknown); the space is reserved first, so that a full disk is found
    /// at once.</param>
    /// <exception cref="RunFailedException">The folder cannot be written or the disk is full.</exception>
    public static void Write(string path, Action<Stream> write, long expectedBytes = 0)
    {
        ArgumentNullException.ThrowIfNull(write);
        string target = Path.GetFullPath(path);
        string temporary = TemporaryNameFor(target);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(target) ?? ".");
            using (FileStream stream = Create(temporary, expectedBytes))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, target, overwrite: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException || IsTooLarge(failure))
        {
            Discard(temporary);
            throw new RunFailedException($"{path}: {Explain(failure)}; nothing was changed there", failure);
        }
        catch
        {
            Discard(temporary);
            throw;
        }
    }

    /// <summary>Writes <paramref name="text"/> as UTF-8 without a byte order mark.</summary>
    /// <inheritdoc cref="Write" path="/exception"/>
    public static void WriteText(string path, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        WriteBytes(path, s_utf8.GetBytes(text));
    }

    /// <summary>Writes <paramref name="content"/>.</summary>
    /// <inheritdoc cref="Write" path="/exception"/>
    public static void WriteBytes(string path, ReadOnlyMemory<byte> content) => Write(path, stream => stream.Write(content.Span));

    /// <summary>What a failed write means, in the words of whoever has to free some space or choose another folder.</summary>
    internal static string Explain(Exception failure)
    {
        const int unixNoSpace = 28,
            unixQuota = 122,
            windowsDiskFull = unchecked((int)0x80070070),
            windowsHandleDiskFull = unchecked((int)0x80070027);
        return failure switch
        {
            UnauthorizedAccessException => "cannot be written (permission denied); choose another folder",
            IOException { HResult: unixNoSpace or unixQuota or windowsDiskFull or windowsHandleDiskFull } =>
                "the disk is full; free some space",
            _ when IsTooLarge(failure) =>
                "cannot be written (a file of that size is not allowed on this disk or for this user); choose another folder",
            _ => $"cannot be written ({failure.Message.TrimEnd('.')})",
        };
    }

    // How .NET reports EFBIG: a limit of the file system (FAT) or of the user (ulimit -f).
    private static bool IsTooLarge(Exception failure) => failure is ArgumentOutOfRangeException { ParamName: "value" };

    /// <summary>A name beside the target that no other writer uses and that no reader takes for a finished file.</summary>
    private static string TemporaryNameFor(string target) =>
        Path.Combine(Path.GetDirectoryName(target) ?? ".", $".{Path.GetFileName(target)}.{Path.GetRandomFileName()}.partial");

    private static FileStream Create(string path, long expectedBytes) => new(path, new FileStreamOptions
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        Share = FileShare.None,
        BufferSize = BufferSize,
        PreallocationSize = expectedBytes,
    });

    private static void Discard(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The first failure is the one worth reporting; a folder that vanished has nothing to clean.
        }
    }
}
