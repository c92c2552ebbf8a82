namespace Graft.Data.Tables;

/// <summary>Finds out what the writer of a separated file left unsaid: the separator, and whether quotes have a meaning.</summary>
internal static class DelimiterFinder
{
    private const int ProbeRecords = 50;

    /// <summary>The separator of a <c>.csv</c> file: the one that gives every record of the beginning the same number of columns, at least two.</summary>
    public static char Find(string path)
    {
        foreach (char separator in (ReadOnlySpan<char>)[',', ';', '\t', '|'])
        {
            using StrictUtf8Reader reader = DataFile.OpenText(path);
            List<int> widths = Records(new DelimitedParser(reader, separator, quoting: true))
                .Take(ProbeRecords).Where(row => row.Problem is null).Select(row => row.Cells.Length).ToList();
            if (widths.Count > 0 && widths[0] > 1 && widths.TrueForAll(width => width == widths[0])) return separator;
        }

        return ',';
    }

    /// <summary>
    /// Whether a tab-separated file quotes its fields. Two dialects are common: spreadsheets quote every field that contains a quote; others
    /// write quotes as they are. Only a file without a single field that contradicts the first dialect follows it.
    /// </summary>
    /// <example><c>"so ""bad""" TAB 0</c> is quoted; <c>"so bad" , he said TAB 0</c> anywhere in the file shows that it is not.</example>
    public static bool QuotesFields(string path, char separator)
    {
        using StrictUtf8Reader reader = DataFile.OpenText(path);
        bool insideQuotes = false;
        while (reader.ReadLine() is { } line)
        {
            if ((insideQuotes || line.Contains('"', StringComparison.Ordinal)) && !FollowsQuoting(line, separator, ref insideQuotes)) return false;
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

    private static IEnumerable<TableRow> Records(DelimitedParser parser)
    {
        while (parser.Next() is { } row) yield return row;
    }
}
