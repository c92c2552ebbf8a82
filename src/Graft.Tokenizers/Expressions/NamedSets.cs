using System.Globalization;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Expressions;

/// <summary>
/// The sets that expressions call by name: <c>\p{Lu}</c>, <c>\p{Han}</c>, <c>[[:alpha:]]</c>, <c>\s</c>. Names ignore case, spaces,
/// <c>_</c> and <c>-</c>.
/// </summary>
internal static class NamedSets
{
    // In the order of UnicodeCategory.
    private static readonly string[] s_categories =
        "LU LL LT LM LO MN MC ME ND NL NO ZS ZL ZP CC CF CS CO PC PD PS PE PI PF PO SM SC SK SO CN".Split(' ');

    private static readonly Dictionary<string, string> s_longNames = new()
    {
        ["LETTER"] = "L",
        ["UPPERCASELETTER"] = "LU",
        ["LOWERCASELETTER"] = "LL",
        ["TITLECASELETTER"] = "LT",
        ["CASEDLETTER"] = "LC",
        ["MODIFIERLETTER"] = "LM",
        ["OTHERLETTER"] = "LO",
        ["MARK"] = "M",
        ["COMBININGMARK"] = "M",
        ["NONSPACINGMARK"] = "MN",
        ["SPACINGMARK"] = "MC",
        ["ENCLOSINGMARK"] = "ME",
        ["NUMBER"] = "N",
        ["DECIMALNUMBER"] = "ND",
        ["DIGIT"] = "ND",
        ["LETTERNUMBER"] = "NL",
        ["OTHERNUMBER"] = "NO",
        ["PUNCTUATION"] = "P",
        ["CONNECTORPUNCTUATION"] = "PC",
        ["DASHPUNCTUATION"] = "PD",
        ["OPENPUNCTUATION"] = "PS",
        ["CLOSEPUNCTUATION"] = "PE",
        ["INITIALPUNCTUATION"] = "PI",
        ["FINALPUNCTUATION"] = "PF",
        ["OTHERPUNCTUATION"] = "PO",
        ["SYMBOL"] = "S",
        ["MATHSYMBOL"] = "SM",
        ["CURRENCYSYMBOL"] = "SC",
        ["MODIFIERSYMBOL"] = "SK",
        ["OTHERSYMBOL"] = "SO",
        ["SEPARATOR"] = "Z",
        ["SPACESEPARATOR"] = "ZS",
        ["LINESEPARATOR"] = "ZL",
        ["PARAGRAPHSEPARATOR"] = "ZP",
        ["OTHER"] = "C",
        ["CONTROL"] = "CC",
        ["CNTRL"] = "CC",
        ["FORMAT"] = "CF",
        ["SURROGATE"] = "CS",
        ["PRIVATEUSE"] = "CO",
        ["UNASSIGNED"] = "CN",
        ["ALPHA"] = "ALPHABETIC",
        ["LOWER"] = "LOWERCASE",
        ["UPPER"] = "UPPERCASE",
        ["PUNCT"] = "P",
    };

    private static readonly Lazy<CodePointSet[]> s_byCategory = new(SplitByCategory);
    private static readonly Lazy<Dictionary<string, CodePointSet>> s_tables = new(ReadTables);

    public static CodePointSet WhiteSpace { get; } = CodePointSet.Where(CodePoint.IsWhiteSpace);

    public static CodePointSet Word => s_tables.Value["WORD"];

    public static CodePointSet DecimalDigit => Categories("ND");

    public static CodePointSet HexDigit { get; } = CodePointSet.Of([('0', '9'), ('A', 'F'), ('a', 'f')]);

    /// <summary>The set <c>\p{name}</c>; null when no set has that name.</summary>
    public static CodePointSet? Property(string name)
    {
        string key = name.Replace(" ", "").Replace("_", "").Replace("-", "").ToUpperInvariant();
        key = s_longNames.GetValueOrDefault(key, key);
        return key switch
        {
            "ANY" => CodePointSet.Everything,
            "ASCII" => CodePointSet.Range(0, 0x7F),
            "ASSIGNED" => Categories("CN").Negate(),
            "LC" => Categories("LU").Union(Categories("LL")).Union(Categories("LT")),
            "SPACE" or "WHITESPACE" => WhiteSpace,
            "ALNUM" => s_tables.Value["ALPHABETIC"].Union(DecimalDigit),
            "BLANK" => Categories("ZS").Union(CodePointSet.Of('\t')),
            "XDIGIT" => HexDigit,
            "L" or "M" or "N" or "P" or "S" or "Z" or "C" => Categories(key),
            _ when s_categories.Contains(key) => Categories(key),
            _ => s_tables.Value.GetValueOrDefault(key),
        };
    }

    /// <summary>The set <c>[:name:]</c> of a bracket; null when no set has that name.</summary>
    public static CodePointSet? Posix(string name) => name switch
    {
        "punct" => s_tables.Value["PUNCT"],

            // Within brackets, \w or [:word:], words are without a few numbers of Latin-1 that they have elsewhere.
            "word" => Word.Intersect(CodePointSet.Of([(0xB2, 0xB3), (0xB9, 0xB9), (0xBC, 0xBE)]).Negate()),
            "alnum"
            or "alpha"
            or "ascii"
            or "blank"
            or "cntrl"
            or "digit"
            or "graph"
            or "lower"
            or "print"
            or "space"
            or "upper"
            or "xdigit" => Property(name),
            _ => null,
        };

    // All categories that begin with a prefix.
    private static CodePointSet Categories(string prefix) =>
        CodePointSet.Of(
            s_categories
                .Index()
                .Where(entry => entry.Item.StartsWith(prefix, StringComparison.Ordinal))
                .SelectMany(entry => s_byCategory.Value[entry.Index].Ranges.ToArray())
        );

    private static CodePointSet[] SplitByCategory()
    {
        List<(int First, int Last)>[] ranges = [.. s_categories.Select(_ => new List<(int, int)>())];
        int first = 0;
        for (int codePoint = 1; codePoint <= CodePoint.Max + 1; codePoint++)
        {
            if (codePoint <= CodePoint.Max && CodePoint.Category(codePoint) == CodePoint.Category(first)) continue;
            ranges[(int)CodePoint.Category(first)].Add((first, codePoint - 1));
            first = codePoint;
        }

        return [.. ranges.Select(CodePointSet.Of)];
    }

    private static Dictionary<string, CodePointSet> ReadTables()
    {
        Dictionary<string, CodePointSet> sets = [];
        foreach (string line in ExpressionTables.Names.Split('\n'))
        {
            string[] fields = line.Trim().Split(' ');
            int start = int.Parse(fields[^2], CultureInfo.InvariantCulture);
            CodePointSet set = ReadRanges(ExpressionTables.Deltas.Slice(start, int.Parse(fields[^1], CultureInfo.InvariantCulture)));
            foreach (string name in fields[..^2]) sets.Add(name, set);
        }

        return sets;
    }

    private static CodePointSet ReadRanges(ReadOnlySpan<int> deltas)
    {
        List<(int First, int Last)> ranges = [];
        int end = 0;
        for (int i = 0; i < deltas.Length; i += 2)
        {
            int first = end + deltas[i];
            end = first + deltas[i + 1] + 1;
            ranges.Add((first, end - 1));
        }

        return CodePointSet.Of(ranges);
    }
}
