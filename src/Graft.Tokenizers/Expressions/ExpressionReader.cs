using System.Globalization;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.Expressions;

/// <summary>An expression that Graft cannot run exactly and in linear time, or that is not well formed.</summary>
internal sealed class ExpressionException(string message) : FormatException(message);

/// <summary>The characters of an expression, read from left to right.</summary>
internal sealed class ExpressionReader(string expression)
{
    private int _position;

    public bool IsAtEnd => _position == expression.Length;

    /// <summary>The next character; U+0000 at the end.</summary>
    public char Peek(int ahead = 0) => _position + ahead < expression.Length ? expression[_position + ahead] : '\0';

    public bool StartsWith(string text) => expression.AsSpan(_position).StartsWith(text, StringComparison.Ordinal);

    /// <summary>Skips a text if it comes next.</summary>
    public bool Take(string text)
    {
        if (!StartsWith(text)) return false;
        _position += text.Length;
        return true;
    }

    public void Expect(string text)
    {
        if (!Take(text)) throw Error($"\"{text}\" is missing");
    }

    /// <summary>Reads one code point.</summary>
    public int Next()
    {
        if (IsAtEnd) throw Error("the expression ends too early");
        int codePoint = Utf16.At(expression, _position, out int length);
        _position += length;
        return codePoint;
    }

    /// <summary>Reads everything before a text, and the text.</summary>
    public string Until(string end)
    {
        int found = expression.IndexOf(end, _position, StringComparison.Ordinal);
        if (found < 0) throw Error($"\"{end}\" is missing");
        string read = expression[_position..found];
        _position = found + end.Length;
        return read;
    }

    /// <summary>Reads as many digits as there are, at most some; null when there is none.</summary>
    public int? Number(int most, bool isHex = false, int radix = 10)
    {
        int start = _position;
        while (_position - start < most && (isHex ? char.IsAsciiHexDigit(Peek()) : Peek() >= '0' && Peek() < '0' + radix)) _position++;
        if (_position == start) return null;
        ReadOnlySpan<char> digits = expression.AsSpan(start, _position - start);
        if (radix == 8)
            return Convert.ToInt32(digits.ToString(), 8);
        if (int.TryParse(digits, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out int value))
            return value;
        throw Error($"the number {digits} is too large");
    }

    /// <summary>Goes back to a place that <see cref="Mark"/> gave.</summary>
    public void Return(int mark) => _position = mark;

    public int Mark() => _position;

    public ExpressionException Error(string message) => new($"{message} (at character {_position + 1})");
}
