using System.Globalization;

namespace Graft.Data;

/// <summary>
/// CoNLL-U (universaldependencies.org/format): ten columns separated by tabs, comments with <c>#</c>. Syntactic words are read; ranges of
/// multi-word tokens (<c>3-4</c>) and empty nodes (<c>8.1</c>) are passed over.
/// </summary>
internal sealed class ConlluReader(string path, TokenColumnOptions options, Action<BadRow> onBadRow)
{
    private const int Id = 0;
    private const int Miscellaneous = 9;
    private static readonly string[] s_columns = ["id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc"];

    private readonly int _wordColumn = Column(path, options.Word ?? "form");
    private readonly int _tagColumn = Column(path, options.Tag ?? "upos");
    private readonly List<string> _words = [];
    private readonly List<string> _tags = [];
    private readonly List<bool> _joined = [];
    private readonly List<long> _lines = [];
    private long _sentences;
    private bool _anything;
    private int _document = -1;
    private long _start;
    private int _rangeEnd;
    private bool _rangeJoined;
    private bool _bad;

    /// <summary>The name of the column of words.</summary>
    public string Word => s_columns[_wordColumn];

    /// <summary>The name of the column of tags.</summary>
    public string Tag => s_columns[_tagColumn];

    /// <summary>The sentences; one with an unusable line is reported and left out.</summary>
    public IEnumerable<TokenSequence> Read()
    {
        foreach ((long number, string text) in DataFile.Lines(path))
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                if (Take() is { } sentence) yield return sentence;
            }
            else if (text[0] == '#')
            {
                if (text.StartsWith("# newdoc", StringComparison.Ordinal)) _document++;
            }
            else
            {
                Add(number, text);
            }
        }

        if (Take() is { } last) yield return last;
    }

    private void Add(long number, string text)
    {
        string[] cells = text.Split('\t');
        if (_lines.Count == 0) _start = number;
        _anything = true;
        if (cells.Length != s_columns.Length)
        {
            Reject(number, string.Create(CultureInfo.InvariantCulture, $"{cells.Length} columns where CoNLL-U has {s_columns.Length}"));
            return;
        }

        if (Problem(cells) is { } problem)
        {
            Reject(number, problem);
            return;
        }

        bool joined = cells[Miscellaneous].Contains("SpaceAfter=No", StringComparison.Ordinal);
        if (cells[Id].IndexOf('-', StringComparison.Ordinal) is > 0 and int hyphen)
        {
            _rangeEnd = int.TryParse(cells[Id].AsSpan(hyphen + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int end) ? end : 0;
            _rangeJoined = joined;
        }
        else if (int.TryParse(cells[Id], NumberStyles.None, CultureInfo.InvariantCulture, out int id))
        {
            // Inside a written token ("don't") nothing separates its words; after the last one the token itself says.
            _joined.Add(id < _rangeEnd || (id == _rangeEnd ? _rangeJoined : joined));
            _lines.Add(number);
            _words.Add(cells[_wordColumn]);
            _tags.Add(cells[_tagColumn]);
        }
    }

    /// <summary>The sentence is left out, at the line of the first of its problems.</summary>
    private void Reject(long number, string problem)
    {
        if (!_bad) onBadRow(new BadRow(path, number, problem + "; the sentence is left out") { Row = _sentences + 1 });
        _bad = true;
    }

    /// <summary>Words count 1, 2, 3 …; ranges and empty nodes stand between them; every word has a form and a tag.</summary>
    private string? Problem(string[] cells)
    {
        string id = cells[Id];
        bool isWord = id.Length > 0 && id.All(char.IsAsciiDigit);
        if (!isWord)
        {
            string[] parts = id.Split('-', '.');
            return parts.Length == 2 && parts.All(part => part.Length > 0 && part.All(char.IsAsciiDigit))
                ? null
                : $"the id \"{id}\" is no number, range (3-4) or empty node (8.1)";
        }

        if (id != (_words.Count + 1).ToString(CultureInfo.InvariantCulture) && !_bad)
            return string.Create(CultureInfo.InvariantCulture, $"the id {id} where {_words.Count + 1} was expected");
        if (cells[_wordColumn].Length == 0)
            return "the word is missing";
        return options.RequireTags && cells[_tagColumn] is "" or "_"
            ? $"the word \"{cells[_wordColumn]}\" has no tag in column {s_columns[_tagColumn]}"
            : null;
    }

    private static int Column(string path, string name)
    {
        int column = int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number - 1
            : Array.IndexOf(s_columns, name.ToLowerInvariant());
        return column >= 0 && column < s_columns.Length
            ? column
            : throw new InputException($"{path}: CoNLL-U has no column \"{name}\"; it has {string.Join(", ", s_columns)}");
    }

    private TokenSequence? Take()
    {
        if (_anything)
            _sentences++;
        TokenSequence? sentence =
            _words.Count == 0 || _bad
                ? null
                : new TokenSequence
                {
                    Words = _words.ToArray(),
                    Tags = _tags.ToArray(),
                    Joined = _joined.ToArray(),
                    Line = _start,
                    Lines = _lines.ToArray(),
                    Row = _sentences,
                    Document = Math.Max(_document, 0),
                };
        _words.Clear();
        _tags.Clear();
        _joined.Clear();
        _lines.Clear();
        (_bad, _anything, _rangeEnd) = (false, false, 0);
        return sentence;
    }
}
