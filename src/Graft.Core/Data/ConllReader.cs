using System.Globalization;

namespace Graft.Data;

/// <summary>CoNLL columns: a word a line with its tags, a blank line after each sentence.</summary>
internal sealed class ConllReader(string path, TokenColumnOptions options, Action<BadRow> onBadRow)
{
    private const string DocumentStart = "-DOCSTART-";

    private readonly List<string> _words = [];
    private readonly List<string> _tags = [];
    private int _columns;
    private int _wordColumn;
    private int _tagColumn;
    private int _document = -1;
    private long _start;
    private bool _bad;

    /// <summary>The sentences; one with an unusable line is reported and left out.</summary>
    public IEnumerable<TokenSequence> Read()
    {
        foreach ((long number, string text) in DataFile.Lines(path))
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                if (Take() is { } sentence) yield return sentence;
            }
            else if (text.StartsWith(DocumentStart, StringComparison.Ordinal))
            {
                if (Take() is { } sentence) yield return sentence;
                _document++;
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
        string[] cells = text.Contains('\t', StringComparison.Ordinal)
            ? text.Split('\t')
            : text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (_columns == 0) FindColumns(cells.Length);
        if (_words.Count == 0) _start = number;
        if (cells.Length != _columns)
        {
            Reject(number, string.Create(CultureInfo.InvariantCulture, $"{cells.Length} columns where the first line has {_columns}; the sentence is left out"));
        }
        else if (cells[_wordColumn].Length == 0 || (_tagColumn >= 0 && string.IsNullOrWhiteSpace(cells[_tagColumn])))
        {
            Reject(number, "a word or tag is missing; the sentence is left out");
        }
        else
        {
            _words.Add(cells[_wordColumn]);
            if (_tagColumn >= 0) _tags.Add(cells[_tagColumn].Trim());
        }
    }

    private void Reject(long number, string problem)
    {
        _bad = true;
        onBadRow(new BadRow(path, number, problem));
    }

    private void FindColumns(int count)
    {
        _columns = count;
        _wordColumn = Number(options.Word, 0);
        _tagColumn = options.Tag is null && count == 1 ? -1 : Number(options.Tag, count - 1);
        if (_tagColumn < 0 && options.RequireTags) throw new InputException($"{path} has one column; a line needs a word and its tag, separated by a tab or blank");
    }

    private int Number(string? column, int fallback)
    {
        if (column is null) return fallback;
        if (int.TryParse(column, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= _columns) return number - 1;
        throw new InputException(string.Create(CultureInfo.InvariantCulture, $"{path} has no column \"{column}\"; its columns are numbered 1 to {_columns}"));
    }

    private TokenSequence? Take()
    {
        TokenSequence? sentence = _words.Count == 0 || _bad
            ? null
            : new TokenSequence { Words = _words.ToArray(), Tags = _tags.ToArray(), Line = _start, Document = Math.Max(_document, 0) };
        _words.Clear();
        _tags.Clear();
        _bad = false;
        return sentence;
    }
}
