using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Graft.Data.Tables;
using Graft.Data.Tagging;

namespace Graft.Data;

/// <summary>
/// Reads tagged words: CoNLL columns (separated by tabs or blanks, sentences by blank lines), CoNLL-U, tables and JSON with a list of words
/// and a list of tags a row, tables with a word a row, and texts with entities by characters. What a file is, its content says.
/// </summary>
internal static partial class TokenReader
{
    private const string Spans = "spans";
    private static readonly string[] s_wordKeys = ["tokens", "words", "tokenized_text", "token", "text", "sentence"];
    private static readonly string[] s_tagKeys =
    [
        "tags",
        "ner_tags",
        "ner",
        "labels",
        "pos_tags",
        "upos",
        "label",
        "fine_ner_tags",
        "coarse_ner_tags",
    ];

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The columns; null finds them.</param>
    /// <exception cref="InputException">The file is missing, empty, no text, lacks a column, or has no sound sentence at all.</exception>
    public static TokenFile Read(string path, TokenColumnOptions? options = null)
    {
        List<BadRow> badRows = [];
        Interpretation? read = null;
        List<TokenSequence> sequences = [.. Stream(path, options, badRows.Add, interpretation => read = interpretation)];
        if (sequences.Count == 0)
            throw new InputException(badRows.Count > 0 ? $"no sentence can be used: {badRows[0]}" : $"{path} holds no sentences");
        TagScheme scheme = TagSchemes.Named(options?.File.Trained?.Scheme)
            ?? TagSchemes.Detect(sequences.Select(sequence => sequence.Tags));
        Dictionary<string, long> labels = sequences
            .SelectMany(sequence =>
                scheme == TagScheme.None ? sequence.Tags : TagSchemes.Entities(sequence.Tags, scheme).Select(entity => entity.Type)
            )
            .CountBy(label => label, StringComparer.Ordinal)
            .ToDictionary(count => count.Key, count => (long)count.Value, StringComparer.Ordinal);
        return new TokenFile(
            path,
            scheme,
            sequences,
            badRows,
            read! with
            {
                Rows = sequences.Count,
                LeftOut = badRows,
                Scheme = TagSchemes.NameOf(scheme),
                Labels = labels,
            }
        );
    }

    /// <summary>Reads a file of any size sentence by sentence.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The columns; null finds them.</param>
    /// <param name="onBadRow">Is told each bad line when it is met; null ignores them.</param>
    /// <param name="onRead">Is told at once how the file is read.</param>
    /// <exception cref="InputException">As <see cref="Read"/>.</exception>
    public static IEnumerable<TokenSequence> Stream(
        string path,
        TokenColumnOptions? options = null,
        Action<BadRow>? onBadRow = null,
        Action<Interpretation>? onRead = null
    )
    {
        options ??= new TokenColumnOptions();
        onBadRow ??= _ => { };
        onRead ??= _ => { };
        switch (FormatOf(path, options.File))
        {
            case "conll-u":
                ConlluReader conllu = new(path, options, onBadRow);
                onRead(
                    new Interpretation
                    {
                        Path = path,
                        Format = "conll-u",
                        Encoding = DataFile.EncodingOf(path),
                        Delimiter = "\t",
                        Text = conllu.Word,
                        Label = conllu.Tag,
                    }
                );
                return conllu.Read();
            case "conll":
                ConllReader conll = new(path, options, onBadRow);
                onRead(
                    new Interpretation
                    {
                        Path = path,
                        Format = "conll",
                        Encoding = DataFile.EncodingOf(path),
                        Delimiter = conll.Delimiter,
                        Text = Numbered(conll.WordColumn),
                        Label = conll.TagColumn > 0 ? Numbered(conll.TagColumn) : null,
                    }
                );
                return conll.Read();
            default:
                string? format = options.File.Format is Spans ? null : options.File.Format;
                return OfTable(Table.Open(path, options.File with { RequireLabel = false, Format = format }), options, onBadRow, onRead);
        }
    }

    /// <summary>What a file of words is by its content: <c>conll</c>, <c>conll-u</c>, or <c>table</c>.</summary>
    internal static string FormatOf(string path, ColumnOptions options)
    {
        if (options.Format is "conll" or "conll-u") return options.Format;
        if (options.Format is not null || Directory.Exists(path) || path.Contains('*', StringComparison.Ordinal)) return "table";
        string extension = DataFile.Extension(path);
        if (extension is ".conllu") return "conll-u";
        if (extension is ".parquet" or ".jsonl" or ".ndjson") return "table";
        IEnumerable<string> lines = DataFile.Lines(path).Select(line => line.Text).Where(line => !string.IsNullOrWhiteSpace(line));
        string first = lines.FirstOrDefault() ?? "";
        if (StandoffLine().IsMatch(first))
            throw new InputException(
                $"{path} holds brat's standoff annotations, whose text stands in another file; bring both together as JSON Lines: "
                    + $"{{\"text\": …, \"spans\": [{{\"start\": 0, \"end\": 7, \"label\": \"PER\"}}]}}"
            );
        if (first.TrimStart() is ['[' or '{', ..] && (extension is ".json" || TableFormats.BeginsJson(first)))
            return "table";
        string[] cells = (lines.FirstOrDefault(line => line[0] != '#') ?? "").Split('\t');
        if (
            cells.Length == 10
            && cells[0].Split('-', '.')[0].All(char.IsAsciiDigit)
            && lines.Any(line => line.StartsWith("# ", StringComparison.Ordinal))
        )
            return "conll-u";
        return extension is ".csv" ? "table" : "conll";
    }

    // T1 TAB Person 0 7 TAB Ann Lee; of entities in pieces 0 3;5 7
    [GeneratedRegex("^T[0-9]+\t[^\t ]+ [0-9]+ [0-9]+(;[0-9]+ [0-9]+)*\t", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StandoffLine();

    private static string Numbered(int column) => string.Create(CultureInfo.InvariantCulture, $"column {column}");

    private static IEnumerable<TokenSequence> OfTable(
        Table table,
        TokenColumnOptions options,
        Action<BadRow> onBadRow,
        Action<Interpretation> onRead
    )
    {
        Interpretation Describe(string format, string? text, string? label) =>
            new()
            {
                Path = table.Path,
                Format = format,
                Encoding = table.Encoding,
                Delimiter = table.Delimiter,
                Header = table.Header,
                Text = text,
                Label = label,
            };
        if (table.Format is not "csv" && SpanReader.Columns(table, options) is { } spans)
        {
            onRead(Describe(Spans, table.Columns[spans.Text], table.Columns[spans.Spans]));
            return SpanReader.Read(table, spans, onBadRow);
        }

        if (options.File.Format is Spans)
            throw new InputException(
                $"{table.Path} has no column of entities by characters, beside which a text stands; "
                    + $"it has {string.Join(", ", table.Columns.Select(name => $"\"{name}\""))}"
            );
        (string? word, string? tag) = (options.Word ?? options.File.Trained?.Text, options.Tag ?? options.File.Trained?.Label);
        int words = Column(table, word, s_wordKeys);
        int tags = Column(table, tag, s_tagKeys);
        bool areRows =
            table.Format == "csv"
            && WordRows.Columns(table, options) is not null
            && !(words >= 0 && HoldsLists(table, words));
        if (areRows)
        {
            if (options.File.Shard is not null)
                throw new InputException(
                    $"`shard`: {table.Path} has a word a row, and a sentence must not be cut: give it as JSON Lines or Parquet with a "
                        + $"sentence a row"
                );
            WordRows rows = WordRows.Columns(table, options)!;
            onRead(Describe(table.Format, table.Columns[rows.Word], table.Columns[rows.Tag]));
            return rows.Read(table, onBadRow);
        }

        if (words < 0)
            throw Missing(table, options.Word ?? s_wordKeys[0]);
        if (tags < 0 && (options.RequireTags || options.Tag is not null))
            throw Missing(table, options.Tag ?? s_tagKeys[0]);
        IReadOnlyList<string> names =
            options.File.LabelNames.Count > 0
                ? options.File.LabelNames
                : (tags < 0 ? null : table.ClassNames(tags)) ?? options.File.Trained?.LabelNames ?? [];
        onRead(Describe(table.Format, table.Columns[words], tags < 0 ? null : table.Columns[tags]) with { LabelNames = names });
        return Lists(table, words, tags, names, options.RequireTags, onBadRow);
    }

    // Of words a row, one may look like a list: [1].
    private static bool HoldsLists(Table table, int column)
    {
        long lists = 0, all = 0;
        foreach (TableRow row in table.Rows().Where(row => row.Problem is null))
        {
            all++;
            if (LabelCells.TryList(row.Cells[column] ?? "") is not null) lists++;
        }

        return lists * 2 > all;
    }

    private static IEnumerable<TokenSequence> Lists(
        Table table,
        int words,
        int tags,
        IReadOnlyList<string> names,
        bool requireTags,
        Action<BadRow> onBadRow
    )
    {
        int id = ColumnNames.Find(table.Columns, ColumnNames.Id);
        long number = 0;
        foreach (TableRow row in table.Rows())
        {
            number++;
            string[]? wordList = row.Problem is null ? LabelCells.TryList(row.Cells[words] ?? "") : null;
            string[]? tagList =
                row.Problem is not null || wordList is null ? []
                : tags < 0 ? []
                : Tags(row.Cells[tags] ?? "", wordList.Length);
            string? problem = row.Problem
                ?? (wordList is null ? $"\"{table.Columns[words]}\" is not a list of words" : null)
                ?? (tagList is null ? $"\"{table.Columns[tags]}\" is not a list of tags" : null)
                ?? (tags >= 0 && tagList!.Length != wordList!.Length ? $"{wordList.Length} words but {tagList.Length} tags" : null)
                ?? (wordList!.Length == 0 ? "no words" : null);
            if (problem is null && tags >= 0 && requireTags && tagList!.All(tag => LabelCells.Integer(tag) is not null))
            {
                if (names.Count == 0)
                    throw new InputException(
                        $"{table.Path}: \"{table.Columns[tags]}\" holds numbers of tags; name them, the first that of 0, with "
                            + $"`label-names` O,B-PER,…"
                    );
                problem = Array.Find(tagList!, tag => LabelCells.Integer(tag) is not long at || at < 0 || at >= names.Count) is string odd
                    ? $"the tag {odd} has no name: there are {names.Count}, counted from 0"
                    : null;
                if (problem is null)
                    tagList = [.. tagList!.Select(tag => names[(int)LabelCells.Integer(tag)!.Value])];
            }

            string? name = id < 0 || row.Problem is not null ? null : row.Cells[id];
            if (problem is not null) onBadRow(new BadRow(row.File ?? table.Path, row.Line, problem) { Row = number, Id = name });
            else yield return new TokenSequence { Words = wordList!, Tags = tagList!, Line = row.Line, Row = number, Id = name };
        }
    }

    /// <summary>A list of tags, or of spans of words <c>[[first, last, type]]</c> (GLiNER), as tags; null for anything else.</summary>
    private static string[]? Tags(string cell, int words)
    {
        if (!cell.Contains("[[", StringComparison.Ordinal))
            return cell.Trim() == "[]" && words > 0 ? [.. Enumerable.Repeat("O", words)] : LabelCells.TryList(cell);
        string[] tags = [.. Enumerable.Repeat("O", words)];
        try
        {
            using JsonDocument document = JsonText.Parse(cell);
            foreach (JsonElement span in document.RootElement.EnumerateArray())
            {
                (int first, int last, string type) = (span[0].GetInt32(), span[1].GetInt32(), span[2].ToString());
                if (first < 0 || last >= words || last < first) return null;
                for (int i = first; i <= last; i++) tags[i] = (i == first ? "B-" : "I-") + type;
            }

            return tags;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private static int Column(Table table, string? name, string[] known) =>
        name is null ? ColumnNames.Find(table.Columns, known) : ColumnNames.IndexOf(table.Columns, name);

    private static InputException Missing(Table table, string name) =>
        new($"{table.Path} has no \"{name}\"; it has {string.Join(", ", table.Columns.Select(column => $"\"{column}\""))}");
}
