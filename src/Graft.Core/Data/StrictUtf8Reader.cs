using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Graft.Data;

/// <summary>
/// Reads UTF-8 text and refuses anything else: a broken byte stops the reading with the line and the offset it is at, so that nothing is
/// trained on silently damaged text. A byte-order mark is skipped; UTF-16 is recognised and named.
/// </summary>
internal sealed class StrictUtf8Reader : TextReader
{
    private const int BufferBytes = 1 << 16;

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

    /// <summary>Takes ownership of the stream; <paramref name="path"/> is named in errors.</summary>
    public StrictUtf8Reader(Stream stream, string path)
    {
        _stream = stream;
        _path = path;
        SkipByteOrderMark();
    }

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

    /// <summary>The next line without its LF or CR LF; null at the end. A lone CR ends no line: it is a character of the text.</summary>
    public override string? ReadLine()
    {
        if (!Fill()) return null;
        StringBuilder? longLine = null;
        do
        {
            ReadOnlySpan<char> rest = _chars.AsSpan(_charIndex, _charCount - _charIndex);
            int end = rest.IndexOf('\n');
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

    private static string WithoutReturn(ReadOnlySpan<char> line) => (line is [.., '\r'] ? line[..^1] : line).ToString();

    private void SkipByteOrderMark()
    {
        _byteCount = _stream.ReadAtLeast(_bytes.AsSpan(0, 4), 4, throwOnEndOfStream: false);
        ReadOnlySpan<byte> start = _bytes.AsSpan(0, _byteCount);
        if (start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || start.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]))
        {
            throw new InputException($"{_path} is UTF-16 text; save it as UTF-8 (iconv -f utf-16 -t utf-8)");
        }

        if (start.StartsWith(Encoding.UTF8.Preamble)) DropBytes(Encoding.UTF8.Preamble.Length);
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
        OperationStatus status = Utf8.ToUtf16(
            _bytes.AsSpan(0, _byteCount), _chars, out int bytesRead, out _charCount, replaceInvalidSequences: false, isFinalBlock: _ended);
        _charIndex = 0;
        if (status == OperationStatus.InvalidData) throw BrokenByte(bytesRead);
        _consumedLines += _bytes.AsSpan(0, bytesRead).Count((byte)'\n');
        DropBytes(bytesRead);
    }

    private InputException BrokenByte(int index)
    {
        long line = _consumedLines + _bytes.AsSpan(0, index).Count((byte)'\n') + 1;
        string value = _bytes[index].ToString("X2", CultureInfo.InvariantCulture);
        return new InputException(string.Create(CultureInfo.InvariantCulture,
            $"{_path}, line {line}: byte 0x{value} at offset {_consumedBytes + index} is not UTF-8; convert the file (iconv -f latin1 -t utf-8) or mend the line"));
    }

    private void DropBytes(int count)
    {
        _bytes.AsSpan(count, _byteCount - count).CopyTo(_bytes);
        _byteCount -= count;
        _consumedBytes += count;
    }
}
