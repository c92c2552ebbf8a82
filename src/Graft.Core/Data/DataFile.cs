using System.IO.Compression;
using System.Text;

namespace Graft.Data;

/// <summary>Opens data files, plain or gzip-compressed, and says in one line why one cannot be opened.</summary>
internal static class DataFile
{
    /// <summary>The file's bytes, decompressed when it is gzip (by content, not by name).</summary>
    /// <exception cref="InputException">The file is missing, a folder, empty or not readable.</exception>
    public static Stream OpenBytes(string path)
    {
        FileStream file = Open(path);
        return IsCompressed(file) ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    /// <summary>Whether the file is gzip, by content.</summary>
    /// <exception cref="InputException">As <see cref="OpenBytes"/>.</exception>
    public static bool IsCompressed(string path)
    {
        using FileStream file = Open(path);
        return IsCompressed(file);
    }

    private static bool IsCompressed(FileStream file)
    {
        Span<byte> start = stackalloc byte[2];
        bool gzip = file.ReadAtLeast(start, 2, throwOnEndOfStream: false) == 2 && start[0] == 0x1F && start[1] == 0x8B;
        file.Position = 0;
        return gzip;
    }

    /// <summary>How many lines begin before a byte of a plain UTF-8 file whose lines end in line feeds.</summary>
    public static long LinesBefore(string path, long offset)
    {
        if (offset == 0) return 0;
        using FileStream file = Open(path);
        byte[] buffer = new byte[1 << 20];
        long lines = 1,
            left = offset - 1; // a line feed just before the offset lets a line begin at it, not before it
        for (int read; left > 0 && (read = file.Read(buffer, 0, (int)Math.Min(buffer.Length, left))) > 0; left -= read)
            lines += buffer.AsSpan(0, read).Count((byte)'\n');
        return lines;
    }

    /// <summary>The file's text; anything that is neither UTF-8 nor UTF-16 is refused by line.</summary>
    /// <exception cref="InputException">The file is missing, a folder, empty or not readable, or is not UTF-8.</exception>
    public static StrictUtf8Reader OpenText(string path) => new(OpenBytes(path), path);

    /// <summary>Lines with their numbers from 1; LF, CR LF, or CR alone.</summary>
    /// <exception cref="InputException">As <see cref="OpenText"/>.</exception>
    public static IEnumerable<(long Number, string Text)> Lines(string path)
    {
        using StrictUtf8Reader reader = OpenText(path);
        for (long number = 1; reader.ReadLine() is { } line; number++) yield return (number, line);
    }

    /// <summary>The whole file as UTF-8 bytes without a byte-order mark, for formats that are one document.</summary>
    /// <exception cref="InputException">As <see cref="OpenText"/>.</exception>
    public static byte[] Utf8(string path)
    {
        using StrictUtf8Reader reader = OpenText(path);
        return Encoding.UTF8.GetBytes(reader.ReadToEnd());
    }

    /// <summary>How the file's text is encoded: <c>utf-8</c>, <c>utf-16le</c> or <c>utf-16be</c>.</summary>
    public static string EncodingOf(string path)
    {
        using StrictUtf8Reader reader = OpenText(path);
        return reader.EncodingName;
    }

    /// <summary>The files that a path stands for: itself, or the shards of a folder or pattern.</summary>
    /// <exception cref="InputException">A folder or pattern names none, or several parts.</exception>
    public static IReadOnlyList<string> Shards(string path, DataPart part) => Tables.Shards.Of(path, part);

    /// <summary>Whether a line feed stands anywhere in the file.</summary>
    internal static bool HasLineFeed(string path)
    {
        using Stream stream = OpenBytes(path);
        byte[] buffer = new byte[1 << 16];
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            if (buffer.AsSpan(0, read).Contains((byte)'\n')) return true;
        }

        return false;
    }

    /// <summary>The extension that tells the format, lower case, <c>.gz</c> looked through: <c>train.tsv.gz</c> is <c>.tsv</c>.</summary>
    public static string Extension(string path)
    {
        string extension = Path.GetExtension(path).ToLowerInvariant();
        return extension == ".gz" ? Path.GetExtension(Path.GetFileNameWithoutExtension(path)).ToLowerInvariant() : extension;
    }

    private static FileStream Open(string path)
    {
        if (Directory.Exists(path)) throw new InputException($"{path} is a folder; name a file");
        try
        {
            FileStream file = new(path, new FileStreamOptions { Options = FileOptions.SequentialScan, BufferSize = 1 << 16 });
            if (file.Length > 0) return file;
            file.Dispose();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InputException($"{path} does not exist", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"{path} cannot be opened: {error.Message}", error);
        }

        throw new InputException($"{path} is empty");
    }
}
