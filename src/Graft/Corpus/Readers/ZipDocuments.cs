using System.IO.Compression;
using System.Text;
using Graft.Data;

namespace Graft.Corpus.Readers;

/// <summary>
/// A zip of text files, a document each. Old collections mix encodings: what is not UTF-8 is read as Latin-1, file by file.
/// </summary>
internal static class ZipDocuments
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static IEnumerable<string> Read(string path)
    {
        using ZipArchive archive = Open(path);
        foreach (ZipArchiveEntry entry in archive.Entries.OrderBy(entry => entry.FullName, StringComparer.Ordinal))
        {
            if (
                entry.Length is 0 or > DocumentReader.LongestDocument * 4L
                || !entry.Name.EndsWith(".txt", StringComparison.OrdinalIgnoreCase)
            )
                continue;
            yield return ReadEntry(path, entry);
        }
    }

    private static ZipArchive Open(string path)
    {
        try
        {
            return ZipFile.OpenRead(path);
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path} is not a sound zip file: {error.Message}", error);
        }
    }

    private static string ReadEntry(string path, ZipArchiveEntry entry)
    {
        using MemoryStream bytes = new();
        try
        {
            using Stream stream = entry.Open();
            stream.CopyTo(bytes);
        }
        catch (InvalidDataException error)
        {
            throw new InputException($"{path}, {entry.FullName}: {error.Message}", error);
        }

        ReadOnlySpan<byte> content = bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
        try
        {
            return s_strict.GetString(content);
        }
        catch (DecoderFallbackException)
        {
            return System.Text.Encoding.Latin1.GetString(content);
        }
    }
}
