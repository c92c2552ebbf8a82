using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Graft.Data;

/// <summary>
/// Reads UTF-8 and UTF-16 text and refuses anything else: a broken byte stops the reading with the line and the offset it is at, so that
/// nothing is trained on silently damaged text. A byte-order mark is skipped; UTF-16 is recognised without one too. Lines end in LF, CR LF,
/// or, in a file without a single LF, in CR.
/// </summary>
internal sealed class StrictUtf8Reader : TextReader
{
    private const int BufferBytes = 1 << 16, ProbedBytes = 1 << 12;

    // Of 20 characters of any UTF-16 text at least one is a blank, a mark or a line end.
    private const int Utf16ZeroShare = 20;

    private readonly Stream _stream;
    private readonly string _path;
    private readonly byte[] _bytes = new byte[BufferBytes];
    private readonly char[] _chars = new char[BufferBytes];
    private int _byteCount;
    private int _charCount;
    private int _charIndex;
    private long _consumedBytes;
    private long _consumedLines;
    private bool _ended;
    private Decoder? _utf16;
    private char? _lineEnd;

    /// <summary>Takes ownership of the stream; <paramref name="path"/> is named in errors.</summary>
    public StrictUtf8Reader(Stream stream, string path)
    {
        _stream = stream;
        _path = path;
        FindEncoding();
    }

    /// <summary>How the text is encoded: <c>utf-8</c>, <c>utf-16le</c> or <c>utf-16be</c>.</summary>
    public string EncodingName { get; private set; } = "utf-8";

    /// <inheritdoc/>
    public override int Peek() => Fill() ? _chars[_charIndex] : -1;

    /// <inheritdoc/>
    public override int Read() => Fill() ? _chars[_charIndex++] : -1;

    /// <inheritdoc/>
    public override int Read(char[] buffer, int index, int count) => Read(buffer.AsSpan(index, count));

    /// <inheritdoc/>
    public override int Read(Span<char> buffer)
    {
        if (buffer.IsEmpty || !Fill()) return 0;
        int count = Math.Min(buffer.Length, _charCount - _charIndex);
        _chars.AsSpan(_charIndex, count).CopyTo(buffer);
        _charIndex += count;
        return count;
    }

    /// <summary>The next line without its end; null at the end. Beside LF, a lone CR ends no line: it is a character of the text.</summary>
    public override string? ReadLine()
    {
        if (!Fill()) return null;
        _lineEnd ??= FindLineEnd();
        StringBuilder? longLine = null;
        do
        {
            ReadOnlySpan<char> rest = _chars.AsSpan(_charIndex, _charCount - _charIndex);
            int end = rest.IndexOf(_lineEnd.Value);
            if (end >= 0)
            {
                _charIndex += end + 1;
                return longLine is null ? WithoutReturn(rest[..end]) : WithoutReturn(longLine.Append(rest[..end]).ToString());
            }

            (longLine ??= new StringBuilder()).Append(rest);
            _charIndex = _charCount;
        }
        while (Fill());

        return WithoutReturn(longLine.ToString());
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _stream.Dispose();
        base.Dispose(disposing);
    }

    private static string WithoutReturn(ReadOnlySpan<char> line) => line.TrimEnd('\r').ToString();

    private void FindEncoding()
    {
        _byteCount = _stream.ReadAtLeast(_bytes.AsSpan(0, ProbedBytes), ProbedBytes, throwOnEndOfStream: false);
        ReadOnlySpan<byte> start = _bytes.AsSpan(0, _byteCount);
        if (start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE, 0, 0]) || start.StartsWith((ReadOnlySpan<byte>)[0, 0, 0xFE, 0xFF]))
            throw new InputException($"{_path} is UTF-32 text; save it as UTF-8 (iconv -f utf-32 -t utf-8)");
        bool? bigEndian =
            start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) ? false
            : start.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) ? true
            : null;
        if (bigEndian is not null)
            DropBytes(2);
        else if (start.StartsWith(Encoding.UTF8.Preamble))
            DropBytes(Encoding.UTF8.Preamble.Length);
        else
            bigEndian = Utf16WithoutMark(start);
        if (bigEndian is not bool isBig)
            return;
        _utf16 = new UnicodeEncoding(isBig, byteOrderMark: false, throwOnInvalidBytes: true).GetDecoder();
        EncodingName = isBig ? "utf-16be" : "utf-16le";
    }

    /// <summary>
    /// The byte order of UTF-16 that has no mark: its blanks, line ends and Latin letters have a zero byte, always on the same side.
    /// </summary>
    private static bool? Utf16WithoutMark(ReadOnlySpan<byte> start)
    {
        int even = 0, odd = 0;
        for (int i = 0; i < start.Length; i++)
        {
            if (start[i] != 0) continue;
            if (i % 2 == 0) even++;
            else odd++;
        }

        if (Math.Max(even, odd) * Utf16ZeroShare < start.Length / 2 || start.Length < 2) return null;
        return odd == 0 ? true : even == 0 ? false : null;
    }

    private char FindLineEnd()
    {
        ReadOnlySpan<char> first = _chars.AsSpan(0, _charCount);
        if (first.Contains('\n') || !first.Contains('\r')) return '\n';
        return !File.Exists(_path) || DataFile.HasLineFeed(_path) ? '\n' : '\r';
    }

    /// <summary>Makes at least one decoded character available; false at the end of the file.</summary>
    private bool Fill()
    {
        while (_charIndex == _charCount)
        {
            if (_ended) return false;
            int read = _stream.Read(_bytes, _byteCount, _bytes.Length - _byteCount);
            _byteCount += read;
            _ended = read == 0;
            Decode();
        }

        return true;
    }

    private void Decode()
    {
        if (_utf16 is not null)
        {
            DecodeUtf16(_utf16);
            return;
        }

        OperationStatus status = Utf8.ToUtf16(
            _bytes.AsSpan(0, _byteCount), _chars, out int bytesRead, out _charCount, replaceInvalidSequences: false, isFinalBlock: _ended);
        _charIndex = 0;
        if (status == OperationStatus.InvalidData) throw BrokenByte(bytesRead);
        _consumedLines += _bytes.AsSpan(0, bytesRead).Count((byte)(_lineEnd ?? '\n'));
        DropBytes(bytesRead);
    }

    private void DecodeUtf16(Decoder decoder)
    {
        try
        {
            decoder.Convert(_bytes.AsSpan(0, _byteCount), _chars, _ended, out int bytesRead, out _charCount, out _);
            _charIndex = 0;
            _consumedLines += _chars.AsSpan(0, _charCount).Count('\n');
            DropBytes(bytesRead);
        }
        catch (DecoderFallbackException error)
        {
            throw new InputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_path}, after line {_consumedLines + 1}: half a character, so it is no sound UTF-16 text"
                ),
                error
            );
        }
    }

    private InputException BrokenByte(int index)
    {
        long line = _consumedLines + _bytes.AsSpan(0, index).Count((byte)(_lineEnd ?? '\n')) + 1;
        string value = _bytes[index].ToString("X2", CultureInfo.InvariantCulture);
        return new InputException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{_path}, line {line}: byte 0x{value} at offset {_consumedBytes + index} is not UTF-8; convert the file (iconv -f "
                    + $"latin1 -t utf-8) or mend the line"
            )
        );
    }

    private void DropBytes(int count)
    {
        _bytes.AsSpan(count, _byteCount - count).CopyTo(_bytes);
        _byteCount -= count;
        _consumedBytes += count;
    }
}
