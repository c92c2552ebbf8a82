using System.Globalization;
using System.Text;
using Graft.Data;

namespace Graft.Corpus.Readers;

/// <summary>Common Crawl's extracted text (WET): WARC records of type <c>conversion</c>, a page each.</summary>
internal static class WetDocuments
{
    private const long LargestRecord = 64L << 20;

    public static IEnumerable<string> Read(string path)
    {
        using BufferedStream stream = new(DataFile.OpenBytes(path), 1 << 16);
        for (long record = 1; ReadLine(stream) is { } first; record++)
        {
            while (first is { Length: 0 })
                first = ReadLine(stream);
            if (first is null)
                yield break;
            if (!first.StartsWith("WARC/", StringComparison.Ordinal))
                throw Damaged(path, record, $"\"{first[..Math.Min(40, first.Length)]}\" where a WARC record starts");
            (bool isText, long length) = ReadHeader(stream, path, record);
            if (length is < 0 or > LargestRecord)
                throw Damaged(path, record, string.Create(CultureInfo.InvariantCulture, $"a Content-Length of {length}"));
            byte[] content = new byte[length];
            if (stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false) < content.Length)
                throw Damaged(path, record, "the file ends inside it");
            if (isText && content.Length > 0)
                yield return System.Text.Encoding.UTF8.GetString(content);
        }
    }

    private static (bool IsText, long Length) ReadHeader(Stream stream, string path, long record)
    {
        (bool isText, long length) = (false, -1);
        while (ReadLine(stream) is { Length: > 0 } line)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
                throw Damaged(path, record, $"\"{line[..Math.Min(40, line.Length)]}\" in its header");
            ReadOnlySpan<char> name = line.AsSpan(0, colon),
                value = line.AsSpan(colon + 1).Trim();
            if (name.Equals("WARC-Type", StringComparison.OrdinalIgnoreCase))
                isText = value.Equals("conversion", StringComparison.OrdinalIgnoreCase);
            else if (
                name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)
                && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long parsed)
            )
                length = parsed;
        }

        return (isText, length);
    }

    private static string? ReadLine(Stream stream)
    {
        StringBuilder line = new();
        int value = stream.ReadByte();
        if (value < 0) return null;
        for (; value >= 0 && value != '\n'; value = stream.ReadByte())
        {
            if (line.Length < 1 << 16) line.Append((char)value);
        }

        return line.Length > 0 && line[^1] == '\r' ? line.ToString(0, line.Length - 1) : line.ToString();
    }

    private static InputException Damaged(string path, long record, string problem) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{path} is not a sound WET file: record {record} has {problem}"));
}
