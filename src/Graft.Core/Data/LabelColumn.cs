using System.Globalization;

namespace Graft.Data;

/// <summary>The labels of one row.</summary>
/// <param name="Labels">The labels.</param>
/// <param name="Problem">Why it cannot be used; null for a sound one.</param>
/// <param name="IsMissing">Nothing is wrong but that there is no label.</param>
internal readonly record struct RowLabels(string[] Labels, string? Problem = null, bool IsMissing = false)
{
    public static RowLabels None => new([]);

    public static RowLabels Missing(string column) => new([], $"no label in column \"{column}\"", IsMissing: true);
}

/// <summary>
/// Judges a column of labels by all of its cells: how they are written, what separates several, whether they are numbers of classes that
/// have names, and which of them are none.
/// </summary>
internal sealed class LabelColumn
{
    private const string MinusOne = "-1";
    private static readonly char[] s_separators = ['|', ';', ','];
    private readonly string _path;
    private readonly string _name;
    private readonly ColumnOptions _options;
    private readonly IReadOnlyList<string> _classNames;
    private readonly Func<string, RowLabels> _read;
    private readonly Func<string?, bool> _isMissing;
    private readonly string? _stated;
    private bool _lacksOne;

    /// <summary>Judges.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">The column.</param>
    /// <param name="cells">All of its cells with their lines.</param>
    /// <param name="options">What the user says.</param>
    /// <param name="classNames">The names of numbered classes, from the file's metadata; null for none.</param>
    /// <param name="isGold">Whether <c>-</c> stands for no label: gold labels of pairs.</param>
    /// <exception cref="InputException">The cells need a flag to be understood.</exception>
    public LabelColumn(
        string path,
        string name,
        IReadOnlyList<(long Line, string? Cell)> cells,
        ColumnOptions options,
        IReadOnlyList<string>? classNames,
        bool isGold
    )
    {
        (_path, _name, _options) = (path, name, options);
        _classNames = options.LabelNames.Count > 0 ? options.LabelNames : classNames ?? options.Trained?.LabelNames ?? [];
        _stated = options.MissingLabel ?? options.Trained?.MissingLabel;
        _isMissing = _stated == ColumnOptions.NoMissingLabel
            ? string.IsNullOrWhiteSpace
            : cell =>
                LabelCells.IsMissing(cell)
                || (isGold && cell!.Trim() == "-")
                || (_stated is not null && IsSame(cell!, _stated))
                || (_lacksOne && IsSame(cell!, MinusOne));
        (long Line, string Cell)[] filled = [.. cells.Where(cell => !_isMissing(cell.Cell)).Select(cell => (cell.Line, cell.Cell!.Trim()))];
        if (filled.Length == 0 || options.Answer == AnswerKind.Text)
            (Syntax, _read) = (filled.Length == 0 ? null : "plain", cell => new RowLabels([cell]));
        else if (options.Answer == AnswerKind.Number)
            (Syntax, _read) = ("plain", Numbers(filled));
        else if (Most(filled, cell => LabelCells.TryList(cell) is not null))
            (Syntax, _read) = Lists(filled);
        else if (Most(filled, cell => LabelCells.TryObject(cell) is not null))
            (Syntax, _read) = Objects(filled);
        else if (options.MultiLabel)
            (Syntax, _read) = Separated(filled);
        else
            (Syntax, _read) = Classes(filled);
    }

    /// <summary>How labels stand in their cells; null for a column without any.</summary>
    public string? Syntax { get; }

    /// <summary>What separates several labels in a cell; null where nothing does.</summary>
    public string? Separator { get; private set; }

    /// <summary>What a missing label looks like, as the user says or as -1 was understood; null for no other than the usual.</summary>
    public string? Missing => _stated ?? (_lacksOne ? MinusOne : null);

    /// <summary>The names that numbered classes were given.</summary>
    public IReadOnlyList<string> UsedNames { get; private set; } = [];

    /// <summary>The labels of a cell.</summary>
    public RowLabels Read(string? cell)
    {
        if (!_isMissing(cell)) return _read(cell!.Trim());
        // With any number of labels none is a number too, where the file says so: an empty list, an empty cell among others.
        if (_options.MultiLabel && cell?.Trim() is "" or "[]" or "{}") return RowLabels.None;
        RowLabels missing = RowLabels.Missing(_name);
        return cell is not null && IsSame(cell, MinusOne)
            ? missing with { Problem = $"{missing.Problem} (-1; `missing-label` none takes it for a class)" }
            : missing;
    }

    private static bool IsSame(string cell, string missing) => cell.Trim() == missing || LabelCells.Whole(cell.Trim()) == missing;

    /// <summary>More than half of the cells, and of a short column all.</summary>
    private static bool Most((long Line, string Cell)[] cells, Func<string, bool> holds) =>
        holds(cells[0].Cell) && cells.Count(cell => holds(cell.Cell)) * 2 > cells.Length;

    private (string, Func<string, RowLabels>) Classes((long Line, string Cell)[] cells)
    {
        bool areNumbers = Array.TrueForAll(cells, cell => LabelCells.Integer(cell.Cell) is not null);
        if (!areNumbers)
            return ("plain", cell => new RowLabels([LabelCells.Whole(cell)]));
        if (_classNames.Count > 0)
            UsedNames = _classNames;
        _lacksOne = _stated != ColumnOptions.NoMissingLabel && LacksOne([.. cells.Select(cell => LabelCells.Integer(cell.Cell)!.Value)]);
        return ("plain", cell => LabelCells.Integer(cell) switch
            {
                long number => new RowLabels([ClassName(number)]),
                null => new RowLabels([cell]),
            });
    }

    /// <summary>
    /// Whether -1 stands for no label: it does where classes have names or are numbered from 0 on; not on a scale that goes further down,
    /// nor of two values. Beside 0 and 1 it may be either.
    /// </summary>
    /// <exception cref="InputException">Both are about equally likely.</exception>
    private bool LacksOne(HashSet<long> numbers)
    {
        if (!numbers.Remove(-1)) return false;
        if (_classNames.Count > 0) return true;
        if (numbers.Count < 2 || numbers.Min() < -1) return false;
        if (numbers.Count > 2 || !numbers.SetEquals([0, 1])) return true;
        throw new InputException(
            $"{_path}: \"{_name}\" holds -1, 0 and 1, of which -1 may be a class of its own (negative, neutral, positive) or stand for a "
                + $"missing label; say which with `missing-label` none or `missing-label` -1"
        );
    }

    private Func<string, RowLabels> Numbers((long Line, string Cell)[] cells)
    {
        static bool IsNumber(string cell) => double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out _);
        static string Point(string cell) => cell.Replace(',', '.');
        bool commas =
            !Array.TrueForAll(cells, cell => IsNumber(cell.Cell))
            && Array.TrueForAll(cells, cell =>
                !cell.Cell.Contains('.', StringComparison.Ordinal) && cell.Cell.Count(c => c == ',') <= 1 && IsNumber(Point(cell.Cell))
            );
        return cell => new RowLabels([
            commas ? Point(cell)
            : LabelCells.TryList(cell) is [string only] ? only
            : cell,
        ]);
    }

    private (string, Func<string, RowLabels>) Separated((long Line, string Cell)[] cells)
    {
        Separator = _options.LabelSeparator
            ?? _options.Trained?.LabelSeparator
            ?? s_separators
                .FirstOrDefault(candidate => Array.Exists(cells, cell => cell.Cell.Contains(candidate, StringComparison.Ordinal)), '|')
                .ToString();
        string separator = Separator is "tab" or "\\t" ? "\t" : Separator;
        if (_classNames.Count > 0)
            UsedNames = _classNames;
        return ($"separated by {Separator}", cell => new RowLabels([
            .. cell.Split(separator, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Where(label => !LabelCells.IsMissing(label))
                .Select(Named)
                .Distinct(StringComparer.Ordinal),
        ]));
    }

    private (string, Func<string, RowLabels>) Lists((long Line, string Cell)[] cells)
    {
        (long Line, string[] Items)[] lists =
        [
            .. cells.Select(cell => (cell.Line, LabelCells.TryList(cell.Cell)!)).Where(list => list.Item2 is not null),
        ];
        int width = lists[0].Items.Length;
        bool isMultiHot =
            width > 1
            && Array.TrueForAll(lists, list =>
                list.Items.Length == width && Array.TrueForAll(list.Items, item => LabelCells.Flag(item) is not null)
            );
        if (isMultiHot)
            return ByPosition(width);
        if (_options.MultiLabel)
        {
            if (_classNames.Count > 0)
                UsedNames = _classNames;
            return ("list", cell =>
                LabelCells.TryList(cell) is { } items
                    ? new RowLabels([.. items.Where(item => !LabelCells.IsMissing(item)).Select(Named).Distinct(StringComparer.Ordinal)])
                    : NotA("list", cell)
            );
        }

        if (lists.FirstOrDefault(list => list.Items.Length > 1) is { Items: not null } several)
            throw new InputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_path}, line {several.Line}: {several.Items.Length} labels in column \"{_name}\"; a task with several labels a "
                        + $"text is `task` multi-label-classification"
                )
            );
        (_, Func<string, RowLabels> read) = Classes([
            .. lists.Where(list => list.Items.Length == 1 && !_isMissing(list.Items[0])).Select(list => (list.Line, list.Items[0])),
        ]);
        return ("list", cell => LabelCells.TryList(cell) is not { } items ? NotA("list", cell)
            : items is [string only] && !_isMissing(only) ? read(only.Trim())
            : RowLabels.Missing(_name));
    }

    private (string, Func<string, RowLabels>) ByPosition(int width)
    {
        if (_classNames.Count == 0)
            throw new InputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_path}: \"{_name}\" holds lists of {width} times 0 or 1, a label for each position: say which with "
                        + $"`label-names` NAME,NAME,… ({width} names)"
                )
            );
        if (_classNames.Count != width)
            throw new InputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_path}: \"{_name}\" holds lists of {width} times 0 or 1, and there are {_classNames.Count} names "
                        + $"({string.Join(", ", _classNames)}); `label-names` needs one for each position"
                )
            );
        UsedNames = _classNames;
        return ("0/1 by position", cell =>
        {
            if (
                LabelCells.TryList(cell) is not { } items
                || items.Length != width
                || Array.Exists(items, item => LabelCells.Flag(item) is null)
            )
                return NotA($"list of {width} times 0 or 1", cell);
            return Chosen([.. _classNames.Where((_, i) => LabelCells.Flag(items[i]) == true)]);
        });
    }

    private (string, Func<string, RowLabels>) Objects((long Line, string Cell)[] cells)
    {
        foreach ((long line, string cell) in cells)
        {
            if (
                LabelCells.TryObject(cell) is not { } flags
                || flags.FirstOrDefault(flag => LabelCells.Flag(flag.Value) is null) is not { Key: not null } odd
            )
                continue;
            throw new InputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_path}, line {line}: column \"{_name}\" holds an object in which \"{odd.Key}\" is {odd.Value}; labels as an "
                        + $"object have 0, 1, true or false each, such as {{\"a\": 1, \"b\": 0}}; name another column with `label-column`"
                )
            );
        }

        return ("object", cell =>
            LabelCells.TryObject(cell) is { } flags
                ? Chosen([.. flags.Where(flag => LabelCells.Flag(flag.Value) == true).Select(flag => flag.Key)])
                : NotA("object of labels", cell)
        );
    }

    private RowLabels Chosen(string[] labels)
    {
        if (_options.MultiLabel) return new RowLabels(labels);
        return labels.Length switch
        {
            0 => RowLabels.Missing(_name),
            1 => new RowLabels(labels),
            _ => new RowLabels(
                [],
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{labels.Length} labels ({string.Join(", ", labels)}) where the task takes one"
                )
            ),
        };
    }

    private RowLabels NotA(string what, string cell) =>
        new([], $"\"{Short(cell)}\" in column \"{_name}\" is no {what}, as the other cells are");

    private string Named(string label) => LabelCells.Integer(label) is long number ? ClassName(number) : label;

    private string ClassName(long number)
    {
        if (UsedNames.Count == 0)
            return number.ToString(CultureInfo.InvariantCulture);
        return number >= 0 && number < UsedNames.Count
            ? UsedNames[(int)number]
            : throw new InputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{_path}: the class {number} in column \"{_name}\" has no name: there are {UsedNames.Count} "
                        + $"({string.Join(", ", UsedNames.Take(8))}), counted from 0"
                )
            );
    }

    private static string Short(string cell) => cell.Length <= 40 ? cell : cell[..40] + "…";
}
