using System.Globalization;
using System.Text;

namespace Graft.Data.Tables;

/// <summary>What a quote at the beginning of a field means in a separated file.</summary>
internal enum Quoting
{
    /// <summary>Nothing: it is an ordinary character.</summary>
    None,

    /// <summary>It opens a field that ends at the next quote; <c>""</c> inside is one quote (RFC 4180).</summary>
    Doubled,

    /// <summary>It opens a field that ends at the next quote without a backslash before it.</summary>
    Backslash,
}

/// <summary>
/// Splits separated text into records (RFC 4180): a field that begins with a quote ends at its closing quote, and line ends inside belong
/// to the field. A quote inside an unquoted field is an ordinary character, and so are the quotes of a field that goes on behind its
/// closing quote. A quote that is never closed, or is closed in the middle of a later field, costs its own record: the lines behind it are
/// read anew.
/// </summary>
/// <example><c>a,"b ""c""",5" disk,"d" e</c> → <c>a</c>, <c>b "c"</c>, <c>5" disk</c>, <c>"d" e</c></example>
/// <param name="reader">The text.</param>
/// <param name="separator">What stands between fields.</param>
/// <param name="quoting">What quotes mean.</param>
/// <param name="path">Named where the file must be refused; null: such a record has a problem.</param>
internal sealed class DelimitedParser(TextReader reader, char separator, Quoting quoting, string? path = null)
{
    private readonly StringBuilder _field = new();
    private readonly List<string?> _cells = [];
    private readonly Queue<string> _again = new();
    private readonly List<string> _inside = [];
    private string _text = "";
    private int _position;
    private long _line;
    private int _width;

    /// <summary>The next record; null at the end. Blank lines are passed over.</summary>
    public TableRow? Next()
    {
        do
        {
            if (!NextLine()) return null;
        }
        while (string.IsNullOrWhiteSpace(_text) && !_text.Contains(separator, StringComparison.Ordinal));

        long start = _line;
        string first = _text;
        _cells.Clear();
        string? problem = null;
        bool more = true;
        while (more && problem is null) more = ReadField(first, ref problem);
        if (_width == 0 && problem is null) _width = _cells.Count;
        return new TableRow(start, [.. _cells], problem);
    }

    private bool NextLine()
    {
        if ((_again.Count > 0 ? _again.Dequeue() : reader.ReadLine()) is not { } line) return false;
        (_text, _position) = (line, 0);
        _line++;
        return true;
    }

    /// <summary>Reads one field; true when a separator follows it.</summary>
    private bool ReadField(string first, ref string? problem)
    {
        if (quoting != Quoting.None && OpensQuote() is int quote) return ReadQuotedField(quote, first, ref problem);
        return ReadPlainField(_position, _position);
    }

    /// <summary>Where the quote of a quoted field stands; blanks before it are passed over.</summary>
    private int? OpensQuote()
    {
        int at = _position;
        while (at < _text.Length && _text[at] == ' ' && separator != ' ') at++;
        return at < _text.Length && _text[at] == '"' ? at : null;
    }

    private bool ReadPlainField(int start, int searchFrom)
    {
        int end = _text.IndexOf(separator, searchFrom);
        bool more = end >= 0;
        if (!more) end = _text.Length;
        _cells.Add(_text[start..end]);
        _position = end + 1;
        return more;
    }

    private bool ReadQuotedField(int quote, string first, ref string? problem)
    {
        (int fieldStart, long opened) = (_position, _line);
        _field.Clear();
        _inside.Clear();
        _position = quote + 1;
        while (true)
        {
            int next = _text.IndexOf('"', _position);
            if (next < 0)
            {
                _field.Append(_text, _position, _text.Length - _position).Append('\n');
                if (NextLine())
                {
                    _inside.Add(_text);
                    continue;
                }

                return GiveUp(
                    opened,
                    "a quote opens a field here and is never closed; close it, or double the quotes inside the text",
                    ref problem
                );
            }

            _field.Append(_text, _position, next - _position);
            _position = next + 1;
            if (quoting == Quoting.Backslash && next > 0 && _text[next - 1] == '\\' && _field.Length > 0)
            {
                _field[^1] = '"';
                continue;
            }

            int after = _position;
            while (after < _text.Length && _text[after] == ' ' && separator != ' ') after++;
            if (after == _text.Length || _text[after] == separator)
            {
                _position = after;
                break;
            }

            if (_text[_position] == '"')
            {
                _position++;
                _field.Append('"');
            }
            else if (_inside.Count == 0)
            {
                return ReadPlainField(fieldStart, _position); // "Shame" is the word: the quotes belong to the text
            }
            else
            {
                return GiveUp(
                    opened,
                    "a quote opens a field here that is not closed before another begins; close it, or double the quotes inside the text",
                    ref problem
                );
            }
        }

        _cells.Add(_field.ToString());
        if (_inside.Count > 0 && LooksLikeRows(first))
        {
            problem = string.Create(
                CultureInfo.InvariantCulture,
                $"the quote that opens a field here closes in line {_line}, and the lines between look like rows of their own"
            );
            if (path is not null)
                throw new InputException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{path}, line {opened}: {problem}; remove it, or double it where it belongs to the text"
                    )
                );
        }

        return _position++ < _text.Length;
    }

    /// <summary>The quote was an ordinary character, most likely: its record cannot be used, the lines behind it can.</summary>
    private bool GiveUp(long opened, string what, ref string? problem)
    {
        problem = what;
        string[] behind = [.. _again];
        _again.Clear();
        foreach (string line in _inside.Concat(behind)) _again.Enqueue(line);
        _line = opened;
        return false;
    }

    /// <summary>Whether every line that a quoted field touches would be a record by itself: then a closing quote may be missing.</summary>
    private bool LooksLikeRows(string first) => _width > 1 && _inside.Prepend(first).All(line =>
    {
        int cells = 1;
        for (int at = line.IndexOf(separator, StringComparison.Ordinal); at >= 0; at = line.IndexOf(separator, at + 1), cells++)
        {
            if (at + 1 < line.Length && char.IsWhiteSpace(line[at + 1])) return false;
        }

        return cells == _width;
    });
}
