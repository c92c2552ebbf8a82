using System.Globalization;
using Graft.Data.Tagging;

namespace Graft.Data;

/// <summary>
/// CoNLL columns: a word a line with its tags, a blank line after each sentence. A first column that counts words is passed over; of the
/// others the last that holds tags of entities is read, else the last; lines that begin with <c>#</c> and a blank are comments.
/// </summary>
internal sealed class ConllReader
{
    private const string DocumentStart = "-DOCSTART-";
    private const double TagShare = 0.9;

    private readonly string _path;
    private readonly Action<BadRow> _onBadRow;
    private readonly bool _hasTabs;
    private readonly int _columns;
    private readonly int _wordColumn;
    private readonly int _tagColumn;
    private readonly bool _marksEntities;
    private readonly List<string> _words = [];
    private readonly List<string> _tags = [];
    private readonly List<long> _lines = [];
    private int _document = -1;
    private long _sentences;
    private bool _bad;

    /// <summary>Reads the file once to learn its columns; sentences are read afterwards.</summary>
    /// <exception cref="InputException">A named column does not exist, or tags are required and there is one column.</exception>
    public ConllReader(string path, TokenColumnOptions options, Action<BadRow> onBadRow)
    {
        (_path, _onBadRow) = (path, onBadRow);
        IEnumerable<string> lines = DataFile
            .Lines(path)
            .Select(line => line.Text)
            .Where(text => !string.IsNullOrWhiteSpace(text) && !IsComment(text) && !IsDocument(text));
        _hasTabs = lines.CountBy(text => text.Contains('\t', StringComparison.Ordinal)).DefaultIfEmpty().MaxBy(count => count.Value).Key;
        _columns = lines.CountBy(text => Cells(text).Length).DefaultIfEmpty().MaxBy(count => count.Value).Key;
        (bool counts, bool[] holdsEntities) = Contents(lines.Select(Cells).Where(row => row.Length == _columns));
        _wordColumn = Named(options.Word, counts ? 1 : 0);
        int[] entities = [.. Enumerable.Range(0, _columns).Where(column => column > _wordColumn && holdsEntities[column])];
        int found = entities.Length == 0 ? _columns - 1 : counts ? entities[0] : entities[^1];
        _tagColumn = options.Tag is null && _columns <= 1 + (counts ? 1 : 0) ? -1 : Named(options.Tag, found);
        _marksEntities = entities.Contains(_tagColumn);
        if (options.Tag is null && entities.Length == 0 && _columns >= 11 && DataFile.Lines(path).Any(line => IsBracketed(line.Text)))
            throw new InputException(
                $"{path} has CoNLL-2012's columns, whose entities stand in brackets, such as (PERSON*; convert them to B- and I-, or name "
                    + "another column with `label-column`, as 5 for parts of speech"
            );
        if (_tagColumn < 0 && options.RequireTags)
            throw new InputException($"{path} has one column; a line needs a word and its tag, separated by a tab or blank");
    }

    /// <summary>The column of words, from 1.</summary>
    public int WordColumn => _wordColumn + 1;

    /// <summary>The column of tags, from 1; 0 where there is none.</summary>
    public int TagColumn => _tagColumn + 1;

    /// <summary>What separates columns.</summary>
    public string Delimiter => _hasTabs ? "\t" : " ";

    /// <summary>The sentences; one with an unusable line is reported and left out.</summary>
    public IEnumerable<TokenSequence> Read()
    {
        foreach ((long number, string text) in DataFile.Lines(_path))
        {
            if (string.IsNullOrWhiteSpace(text))
            {
                if (Take() is { } sentence) yield return sentence;
            }
            else if (IsDocument(text))
            {
                if (Take() is { } sentence) yield return sentence;
                if (!text.StartsWith("#end", StringComparison.Ordinal)) _document++;
            }
            else if (!IsComment(text) || IsWord(text))
            {
                Add(number, text);
            }
        }

        if (Take() is { } last) yield return last;
    }

    private static bool IsComment(string text) => text.StartsWith("# ", StringComparison.Ordinal);

    private static bool IsDocument(string text) => text.StartsWith(DocumentStart, StringComparison.Ordinal)
        || text.StartsWith("#begin document", StringComparison.Ordinal) || text.StartsWith("#end document", StringComparison.Ordinal);

    private static bool IsBracketed(string text) => text.StartsWith("#begin document", StringComparison.Ordinal);

    /// <summary>Whether the first column counts words, and which columns hold tags of entities; a few odd rows change neither.</summary>
    private (bool Counts, bool[] HoldsEntities) Contents(IEnumerable<string[]> rows)
    {
        long all = 0,
            counting = 0;
        int previous = -1;
        long[] marking = new long[_columns];
        bool[] names = new bool[_columns];
        foreach (string[] row in rows)
        {
            all++;
            if (int.TryParse(row[0], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                if (number == previous + 1 || number is 0 or 1) counting++;
                previous = number;
            }

            for (int column = 0; column < _columns; column++)
            {
                if (!TagSchemes.MarksEntities(row[column].Trim())) continue;
                marking[column]++;
                names[column] |= row[column].Length > 1;
            }
        }

        return (_columns > 2 && counting >= Math.Max(1, TagShare * all), [.. marking.Select((n, i) => names[i] && n >= TagShare * all)]);
    }

    /// <summary>A lone # inside a sentence, with a tag: the sign itself, not a comment.</summary>
    private bool IsWord(string text) =>
        _words.Count > 0
        && _marksEntities
        && Cells(text) is { } cells
        && cells.Length == _columns
        && TagSchemes.MarksEntities(cells[_tagColumn]);

    private string[] Cells(string text) => _hasTabs ? text.Split('\t') : text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private void Add(long number, string text)
    {
        string[] cells = Cells(text);
        _lines.Add(number);
        bool hasMore = cells.Length > _columns && _tagColumn >= 0 && _marksEntities && TagSchemes.MarksEntities(cells[_tagColumn]);
        if (cells.Length != _columns && !hasMore)
        {
            Reject(number, string.Create(CultureInfo.InvariantCulture, $"{cells.Length} columns where other lines have {_columns}"));
        }
        else if (cells[_wordColumn].Length == 0 || (_tagColumn >= 0 && string.IsNullOrWhiteSpace(cells[_tagColumn])))
        {
            Reject(number, "a word or tag is missing");
        }
        else
        {
            _words.Add(cells[_wordColumn]);
            if (_tagColumn >= 0) _tags.Add(cells[_tagColumn].Trim());
        }
    }

    /// <summary>The sentence is left out, at the line of the first of its problems.</summary>
    private void Reject(long number, string problem)
    {
        if (!_bad) _onBadRow(new BadRow(_path, number, problem + "; the sentence is left out") { Row = _sentences + 1 });
        _bad = true;
    }

    private int Named(string? column, int fallback)
    {
        if (column is null) return fallback;
        string name = column.StartsWith("column ", StringComparison.Ordinal) ? column[7..] : column;
        if (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && number <= _columns)
            return number - 1;
        throw new InputException(
            string.Create(CultureInfo.InvariantCulture, $"{_path} has no column \"{column}\"; its columns are numbered 1 to {_columns}")
        );
    }

    private TokenSequence? Take()
    {
        if (_lines.Count == 0) return null;
        _sentences++;
        TokenSequence? sentence = _bad
            ? null
            : new TokenSequence
            {
                Words = _words.ToArray(),
                Tags = _tags.ToArray(),
                Line = _lines[0],
                Lines = _lines.ToArray(),
                Document = Math.Max(_document, 0),
                Row = _sentences,
            };
        _words.Clear();
        _tags.Clear();
        _lines.Clear();
        _bad = false;
        return sentence;
    }
}
