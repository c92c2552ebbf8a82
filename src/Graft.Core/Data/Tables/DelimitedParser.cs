using System.Globalization;
using System.Text;

namespace Graft.Data.Tables;

/// <summary>
/// Splits separated text into records (RFC 4180): a field that begins with a quote ends at its closing quote, <c>""</c> inside is one quote,
/// and line ends inside belong to the field. A quote inside an unquoted field is an ordinary character.
/// </summary>
/// <example><c>a,"b ""c""",5" disk</c> → <c>a</c>, <c>b "c"</c>, <c>5" disk</c></example>
internal sealed class DelimitedParser(TextReader reader, char separator, bool quoting)
{
    private readonly StringBuilder _field = new();
    private readonly List<string?> _cells = [];
    private string _text = "";
    private int _position;
    private long _line;

    /// <summary>The next record; null at the end. Blank lines are passed over.</summary>
    public TableRow? Next()
    {
        do
        {
            if (!NextLine()) return null;
        }
        while (string.IsNullOrWhiteSpace(_text) && !_text.Contains(separator, StringComparison.Ordinal));

        long start = _line;
        _cells.Clear();
        string? problem = null;
        bool more = true;
        while (more && problem is null) more = ReadField(ref problem);
        return new TableRow(start, [.. _cells], problem);
    }

    private bool NextLine()
    {
        if (reader.ReadLine() is not { } line) return false;
        (_text, _position) = (line, 0);
        _line++;
        return true;
    }

    /// <summary>Reads one field; true when a separator follows it.</summary>
    private bool ReadField(ref string? problem)
    {
        if (quoting && _position < _text.Length && _text[_position] == '"') return ReadQuotedField(ref problem);
        int end = _text.IndexOf(separator, _position);
        bool more = end >= 0;
        if (!more) end = _text.Length;
        _cells.Add(_text[_position..end]);
        _position = end + 1;
        return more;
    }

    private bool ReadQuotedField(ref string? problem)
    {
        long opened = _line;
        _field.Clear();
        _position++;
        while (true)
        {
            int quote = _text.IndexOf('"', _position);
            if (quote < 0)
            {
                _field.Append(_text, _position, _text.Length - _position).Append('\n');
                if (NextLine()) continue;
                problem = string.Create(
                    CultureInfo.InvariantCulture, $"a quote opens a field here and is never closed, so that all that follows (lines: {_line - opened}) belongs to it; close it, or double the quotes inside the text");
                return false;
            }

            _field.Append(_text, _position, quote - _position);
            _position = quote + 1;
            if (_position == _text.Length || _text[_position] == separator) break;
            if (_text[_position] == '"') _position++;
            else problem ??= "a quote inside a quoted field is not doubled";
            _field.Append('"');
        }

        _cells.Add(_field.ToString());
        return _position++ < _text.Length;
    }
}
