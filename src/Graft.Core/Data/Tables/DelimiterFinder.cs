namespace Graft.Data.Tables;

/// <summary>Finds out what the writer of a separated file left unsaid: the separator, and what quotes mean.</summary>
internal static class DelimiterFinder
{
    private const int ProbedRecords = 1000;

    // Some rows of real files are broken; a separator that orders fewer than these is none.
    private const double OrderedShare = 0.8;

    /// <summary>The separators that are looked for, the most frequent first.</summary>
    private static readonly char[] s_separators = [',', ';', '\t', '|'];

    /// <summary>A separator as a flag has it: the character, <c>tab</c> or <c>\t</c>.</summary>
    /// <exception cref="InputException">It is no single character.</exception>
    public static char Parse(string delimiter) => delimiter switch
    {
        "tab" or "\\t" or "\t" => '\t',
        [char one] when one is not ('"' or '\n' or '\r') => one,
        _ => throw new InputException($"`delimiter` {delimiter}: one character is expected, or tab"),
    };

    /// <summary>The separator a first line <c>sep=;</c> states; null where there is no such line.</summary>
    public static char? Stated(string firstLine) =>
        firstLine is ['s' or 'S', 'e' or 'E', 'p' or 'P', '=', char separator] ? separator : null;

    /// <summary>
    /// The separator of a file by the whole of its content; null where none orders its rows into columns. What orders the first records is
    /// judged by all of them, and the others only where it does not hold.
    /// </summary>
    /// <exception cref="InputException">Two do so equally well.</exception>
    public static char? Find(string path, char? expected)
    {
        Candidate[] first = [.. s_separators.Select(separator => Candidate.Of(path, separator, ProbedRecords))];
        Candidate[] candidates = Ordered(first.Where(candidate => candidate.Share >= OrderedShare));
        if (candidates.Length == 0) candidates = Ordered(first);
        if (candidates.Length == 0)
            return null;
        Candidate best = candidates.MaxBy(candidate => (candidate.KnownNames, candidate.Share, candidate.Separator == expected ? 1 : 0))!;
        Candidate? rival = Array.Find(candidates, candidate =>
            candidate != best && candidate.KnownNames == best.KnownNames && candidate.Share == best.Share
        );
        if (rival is null || best.Separator == expected)
            return best.Separator;
        Candidate[] Ordered(IEnumerable<Candidate> found) =>
        [
            .. found.Select(candidate => candidate.IsWhole ? candidate : Candidate.Of(path, candidate.Separator, int.MaxValue))
                .Where(candidate => candidate.Share >= OrderedShare),
        ];

        throw new InputException(
            $"{path}: {Name(best.Separator)} and {Name(rival.Separator)} both order its rows, into {best.Width} and {rival.Width} "
                + $"columns; say which with `delimiter`"
        );
    }

    /// <summary>
    /// What quotes mean in a file. Spreadsheets quote every field that contains a quote and double it; some databases write a backslash
    /// before it; others write quotes as they are. Of tab-separated files only one without a single field that contradicts the first
    /// dialect follows it.
    /// </summary>
    /// <example><c>"so ""bad""" TAB 0</c> is quoted; <c>"so bad" , he said TAB 0</c> anywhere in the file shows that it is not.</example>
    public static Quoting QuotingOf(string path, char separator)
    {
        if (separator == '\t') return QuotesFields(path, separator) ? Quoting.Doubled : Quoting.None;
        bool escaped = false, doubled = false;
        foreach ((_, string line) in DataFile.Lines(path))
        {
            doubled |= line.Contains("\"\"", StringComparison.Ordinal);
            escaped |= line.Contains("\\\"", StringComparison.Ordinal);
        }

        return escaped && !doubled ? Quoting.Backslash : Quoting.Doubled;
    }

    private static string Name(char separator) => separator == '\t' ? "tabs" : $"`{separator}`";

    private static bool QuotesFields(string path, char separator)
    {
        using StrictUtf8Reader reader = DataFile.OpenText(path);
        bool insideQuotes = false;
        while (reader.ReadLine() is { } line)
        {
            if ((insideQuotes || line.Contains('"', StringComparison.Ordinal)) && !FollowsQuoting(line, separator, ref insideQuotes))
                return false;
        }

        return !insideQuotes;
    }

    private static bool FollowsQuoting(string line, char separator, ref bool insideQuotes)
    {
        bool fieldStart = !insideQuotes;
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] != '"')
            {
                fieldStart = !insideQuotes && line[i] == separator;
                continue;
            }

            if (!insideQuotes)
            {
                if (!fieldStart) return false;
                insideQuotes = true;
            }
            else if (i + 1 < line.Length && line[i + 1] == '"')
            {
                i++;
            }
            else
            {
                if (i + 1 < line.Length && line[i + 1] != separator) return false;
                insideQuotes = false;
            }

            fieldStart = false;
        }

        return true;
    }

    /// <summary>
    /// A separator, the share of rows it cuts into the same number of columns, and how many known names it finds in the first.
    /// </summary>
    private sealed record Candidate(char Separator, int Width, double Share, int KnownNames, bool IsWhole)
    {
        public static Candidate Of(string path, char separator, int most)
        {
            using StrictUtf8Reader reader = DataFile.OpenText(path);
            DelimitedParser parser = new(reader, separator, Quoting.Doubled);
            Dictionary<int, long> widths = [];
            TableRow? first = null;
            long rows = 0;
            bool isWhole = false;
            while (rows < most && !isWhole)
            {
                if (parser.Next() is not { } row)
                {
                    isWhole = true;
                    continue;
                }

                rows++;
                first ??= row;
                if (row.Problem is null) widths[row.Cells.Length] = widths.GetValueOrDefault(row.Cells.Length) + 1;
            }

            if (first is not { } top || widths.Count == 0)
                return new Candidate(separator, 0, 0, 0, isWhole);
            (int width, long usual) = widths.MaxBy(count => count.Value);
            int named = top.Cells.Length;
            bool isOrdered = width > 1 && top.Problem is null && (named == width || named + 1 == width || rows < 3);
            return new Candidate(
                separator,
                width,
                isOrdered ? (double)usual / rows : 0,
                top.Cells.Count(cell => cell is not null && ColumnNames.IsKnown(cell)),
                isWhole
            );
        }
    }
}
