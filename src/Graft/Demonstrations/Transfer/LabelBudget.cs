using System.Globalization;
using Graft.Tasks;

namespace Graft.Demonstrations.Transfer;

/// <summary>
/// How many labels a measurement may use: the first N examples of the training file, the first N of each label, or all. Nothing is drawn,
/// so everybody's "500 labels" are the same 500.
/// </summary>
/// <param name="Count">How many; null: all.</param>
/// <param name="OfEachLabel">Whether they are counted for each label.</param>
/// <example><c>500</c>, <c>10/label</c>, <c>all</c></example>
public sealed record LabelBudget(int? Count, bool OfEachLabel)
{
    private const string All = "all", EachSuffix = "/label";

    /// <summary>As it is written on the command line.</summary>
    public string Name => Count is int count ? count.ToString(CultureInfo.InvariantCulture) + (OfEachLabel ? EachSuffix : "") : All;

    /// <summary>As a file name.</summary>
    internal string FileName => Name.Replace('/', '-');

    /// <summary>Reads <c>50,100,500,all</c>.</summary>
    /// <exception cref="InputException">A part is none of the three forms.</exception>
    public static IReadOnlyList<LabelBudget> ParseList(string text)
    {
        LabelBudget[] budgets =
        [
            .. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Parse).Distinct(),
        ];
        return budgets.Length > 0
            ? budgets
            : throw new InputException("`labels` is empty; numbers are expected: 50,100,500,all or 10/label,all");
    }

    /// <summary>The examples that are used, in the file's order.</summary>
    internal IReadOnlyList<int> Choose(TaskData train, Func<int, string> labelOf)
    {
        IEnumerable<int> all = Enumerable.Range(0, train.Count);
        if (Count is not int count) return [.. all];
        if (!OfEachLabel) return [.. all.Take(count)];
        Dictionary<string, int> taken = new(StringComparer.Ordinal);
        return [.. all.Where(i => (taken[labelOf(i)] = taken.GetValueOrDefault(labelOf(i)) + 1) <= count)];
    }

    private static LabelBudget Parse(string part)
    {
        if (part == All) return new LabelBudget(null, OfEachLabel: false);
        bool each = part.EndsWith(EachSuffix, StringComparison.Ordinal);
        string number = each ? part[..^EachSuffix.Length] : part;
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0
            ? new LabelBudget(count, each)
            : throw new InputException($"`labels`: \"{part}\" is no number of labels; 500, 10{EachSuffix} or {All} is expected");
    }
}
