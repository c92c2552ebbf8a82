using System.IO.Compression;
using System.Text;

namespace Graft.Cli.Commands.Tokenizers;

/// <summary>Reads a file, or standard input, line by line.</summary>
internal sealed class LineInput : IDisposable
{
    private readonly StreamReader _reader;
    private readonly string _name;

    private LineInput(Stream stream, string name)
    {
        _reader = new StreamReader(stream, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: true, bufferSize: 1 << 16);
        _name = name;
    }

    /// <summary>The number of the line read last, from 1.</summary>
    public int LineNumber { get; private set; }

    public static LineInput Open(string path)
    {
        if (path == "-") return new(Console.OpenStandardInput(), "standard input");
        if (!File.Exists(path)) throw new InputException($"--input {path}: there is no such file");
        Stream stream = File.OpenRead(path);
        return new(
            path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(stream, CompressionMode.Decompress) : stream,
            path
        );
    }

    /// <summary>The next line without its end, which is a line feed (and a carriage return before it), or null at the end.</summary>
    public string? Read()
    {
        try
        {
            string? line = ReadToLineFeed();
            LineNumber++;
            return line;
        }
        catch (InvalidDataException error)
        {
            throw new InputException($"{_name}: {error.Message}", error);
        }
    }

    /// <summary>True when the next line is not there yet, so that whoever waits for answers should get them.</summary>
    public bool IsWaiting => _next >= _filled && _filled < _buffer.Length;

    public void Dispose() => _reader.Dispose();

    private readonly char[] _buffer = new char[1 << 15];
    private readonly StringBuilder _line = new();
    private int _next;
    private int _filled;

    // StreamReader.ReadLine also ends lines at a carriage return alone, which may stand inside a text.
    private string? ReadToLineFeed()
    {
        _line.Clear();
        bool any = false;
        while (true)
        {
            if (_next == _filled)
            {
                _next = 0;
                _filled = _reader.Read(_buffer, 0, _buffer.Length);
                if (_filled == 0) return any ? _line.ToString() : null;
            }

            any = true;
            ReadOnlySpan<char> rest = _buffer.AsSpan(_next, _filled - _next);
            int end = rest.IndexOf('\n');
            _line.Append(end < 0 ? rest : rest[..end]);
            _next += end < 0 ? rest.Length : end + 1;
            if (end < 0) continue;
            if (_line.Length > 0 && _line[^1] == '\r') _line.Length--;
            return _line.ToString();
        }
    }
}

/// <summary>Writes to standard output, or to a file that gets its name when it is whole.</summary>
internal sealed class LineOutput : IDisposable
{
    private readonly string _path;
    private readonly string _temporary;
    private readonly Stream _stream;

    public LineOutput(string path)
    {
        _path = path;
        _temporary = path + ".partial";
        _stream =
            path == "-"
                ? new BufferedStream(Console.OpenStandardOutput(), 1 << 16)
                : new FileStream(_temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
    }

    public Stream Stream => _stream;

    public void Flush() => _stream.Flush();

    /// <summary>Call when everything is written.</summary>
    public void Complete()
    {
        if (_stream is FileStream file)
        {
            file.Flush(flushToDisk: true);
            file.Dispose();
            File.Move(_temporary, _path, overwrite: true);
        }
        else
        {
            _stream.Flush();
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        if (_path != "-" && File.Exists(_temporary)) File.Delete(_temporary);
    }
}
