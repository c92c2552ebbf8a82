using System.Globalization;

namespace Graft.Data.Tables;

/// <summary>
/// Decides whether the first row of a separated file names the columns, by all that stands below it. Of a column no more is kept than a
/// few different values, so a file may be of any size; one row in a hundred may be odd.
/// </summary>
/// <param name="first">The first row.</param>
/// <example><c>text,category</c> is a header; <c>ham TAB Ok lar...</c> is not.</example>
internal sealed class HeaderFinder(IReadOnlyList<string?> first)
{
    private const int LongestName = 60, FewLabels = 50, EnoughRows = 8, OddShare = 100;
    private const double WiderShare = 0.8;

    private readonly ColumnBelow[] _columns = [.. first.Select(cell => new ColumnBelow(cell?.Trim() ?? ""))];
    private long _rows, _wider;
    private bool _isRepeated;

    /// <summary>
    /// Whether nearly all rows have one more column than the first, as R writes row names without a name for them; columns that a row ends
    /// with and that are empty do not count.
    /// </summary>
    public bool LacksFirstName => _rows > 0 && _wider >= WiderShare * _rows;

    /// <summary>
    /// Whether the first row is a header; null where both are about equally likely. A cell that occurs again in a column of few values
    /// speaks against it; a name this project knows, a word above numbers or dates, an identifier such as <c>comment_text</c>, and a cell
    /// that no class below repeats speak for it.
    /// </summary>
    public bool? IsHeader
    {
        get
        {
            if (first.All(string.IsNullOrWhiteSpace)) return false;
            if (_isRepeated && first.Any(Known)) return true; // files that were joined with their headers
            if (first.Any(IsNumber)) return IsCount(first) && _columns.Any(column => column.HasNoNumbers);
            ColumnBelow[] named = [.. _columns.Where(column => column.Name.Length > 0)];
            if (named.Any(column => column.NameRecurs)) return false;
            if (named.Any(column => column.HoldsNumbersOrDates)) return !named.Any(column => IsDate(column.Name));
            if (named.Any(column => Known(column.Name) || IsIdentifier(column.Name)))
                return named.All(column => column.Name.Length <= LongestName || column.Name.EndsWith('?'));
            return LabelSpeaks(named);
        }
    }

    /// <summary>Takes a row below the first into account.</summary>
    public void Add(string?[] cells)
    {
        _rows++;
        if (cells.Length == first.Count + 1 && !string.IsNullOrWhiteSpace(cells[^1])) _wider++;
        _isRepeated |= cells.SequenceEqual(first, StringComparer.Ordinal);
        for (int i = 0; i < Math.Min(cells.Length, _columns.Length); i++)
        {
            if (!string.IsNullOrWhiteSpace(cells[i])) _columns[i].Add(cells[i]!.Trim());
        }
    }

    /// <summary>A cell above a column of classes, each of which occurs again, while it does not.</summary>
    private static bool? LabelSpeaks(ColumnBelow[] named)
    {
        ColumnBelow[] labels = [.. named.Where(column => column.HoldsClasses)];
        if (labels.Length == 0) return false;
        if (labels.Any(column => column.Name.EndsWith('?') || column.Name.Length > 2 * column.Longest)) return true;
        ColumnBelow[] texts = [.. named.Except(labels).Where(column => column.Cells > 0)];
        if (texts.Length == 0) return null;
        return texts.Any(column => Words(column.Name) <= 3 && Words(column.Name) * 2 <= column.MeanWords) ? true : null;
    }

    private static int Words(string cell)
    {
        int words = 0;
        for (int i = 0; i < cell.Length; i++)
        {
            if (!char.IsWhiteSpace(cell[i]) && (i == 0 || char.IsWhiteSpace(cell[i - 1]))) words++;
        }

        return words;
    }

    private static bool Known(string? cell) => cell is not null && ColumnNames.IsKnown(cell);

    /// <summary>0, 1, 2 …: what a table without names is saved with.</summary>
    private static bool IsCount(IReadOnlyList<string?> first) =>
        first.Select((cell, i) => cell == i.ToString(CultureInfo.InvariantCulture)).All(isNext => isNext);

    /// <summary><c>comment_text</c>, <c>commentText</c>, <c>v2</c>: what programs call things, not what people write.</summary>
    private static bool IsIdentifier(string name)
    {
        if (
            name.Length is < 2 or > LongestName
            || !char.IsLetter(name[0])
            || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.'))
        )
            return false;
        bool isCamel = name.Skip(1)
            .Zip(name, (c, before) => char.IsAsciiLetterUpper(c) && char.IsAsciiLetterLower(before))
            .Any(isBorder => isBorder);
        return isCamel || name[1..^1].Contains('_', StringComparison.Ordinal) || (name.Length <= 3 && char.IsAsciiDigit(name[^1]));
    }

    private static bool IsNumber(string? cell) => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static bool IsDate(string cell) => ColumnContents.IsDate(cell);

    /// <summary>What stands below a cell of the first row, as far as it tells whether that is a name.</summary>
    private sealed class ColumnBelow(string name)
    {
        private readonly Dictionary<string, long> _values = new(StringComparer.Ordinal);
        private bool _areMany;
        private long _numbers, _numbersOrDates, _missing, _words;

        public string Name { get; } = name;

        /// <summary>Cells that are not blank.</summary>
        public long Cells { get; private set; }

        public int Longest { get; private set; }

        public double MeanWords => (double)_words / Cells;

        public bool HasNoNumbers => Cells > 0 && _numbers * OddShare <= Cells;

        public bool HoldsNumbersOrDates => Cells > _missing && (Cells - _missing - _numbersOrDates) * OddShare <= Cells;

        public bool NameRecurs => !_areMany && _values.Count * 2 <= Cells && _values.ContainsKey(Name);

        /// <summary>At least two values and few, nearly all of which occur again.</summary>
        public bool HoldsClasses =>
            !_areMany
            && Cells >= EnoughRows
            && _values.Count >= 2
            && _values.Count * 3 <= Cells
            && _values.Values.Count(times => times == 1) * OddShare <= Cells;

        public void Add(string cell)
        {
            Cells++;
            Longest = Math.Max(Longest, cell.Length);
            _words += Words(cell);
            if (!_areMany)
            {
                _values[cell] = _values.GetValueOrDefault(cell) + 1;
                _areMany = _values.Count > FewLabels;
            }

            if (IsNumber(cell) && !LabelCells.IsMissing(cell))
            {
                _numbers++;
                _numbersOrDates++;
            }
            else if (LabelCells.IsMissing(cell))
            {
                _missing++;
            }
            else if (IsDate(cell))
            {
                _numbersOrDates++;
            }
        }
    }
}
