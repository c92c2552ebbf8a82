using System.Globalization;
using System.Text.Json;
using Graft.Data.Tables;

namespace Graft.Data;

/// <summary>
/// Reads multiple-choice examples from JSON Lines, Parquet, CSV or TSV: a prompt (<c>question</c>, <c>context</c>, <c>sent1</c> …), the
/// choices as a list (<c>choices</c>, <c>options</c>, <c>endings</c>) or one a column (<c>ending0</c> …, <c>choice1</c> …, <c>A</c> …), and
/// the right one as an index, a letter or its text (<c>label</c>, <c>answer</c>, <c>answerKey</c>).
/// </summary>
/// <example><c>{"question": "2 + 2?", "choices": ["3", "4"], "label": 1}</c> → Choices[1] is right</example>
internal static class MultipleChoiceReader
{
    private static readonly string[] s_contexts =
    [
        "context",
        "passage",
        "article",
        "premise",
        "sent1",
        "startphrase",
        "ctx",
        "prompt",
        "text",
    ];
    private static readonly string[] s_questions = ["question", "sent2"];
    private static readonly string[] s_lists = ["choices", "options", "endings", "answers"];
    private static readonly string[] s_labels = ["label", "answerKey", "answer", "answer_index", "correct", "gold"];

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="requireLabel">True: an example without its right choice is left out. False for examples to be predicted.</param>
    /// <param name="options">What the user says about the file, and how training was read: numbers count from where they count there; null:
    /// nothing.</param>
    /// <exception cref="InputException">The file is missing, empty, no text, lacks a column, or has no sound example at all.</exception>
    public static MultipleChoiceFile Read(string path, bool requireLabel = true, ColumnOptions? options = null)
    {
        List<BadRow> badRows = [];
        Interpretation? read = null;
        options ??= new ColumnOptions();
        List<(MultipleChoiceExample Example, string? Label)> rows =
        [
            .. Rows(Open(path, options), options, requireLabel, badRows.Add, interpretation => read = interpretation),
        ];
        (List<MultipleChoiceExample> examples, int? from) = Labelled(path, rows, requireLabel, options.Trained?.CountsFrom, badRows);
        if (examples.Count == 0)
            throw new InputException(badRows.Count > 0 ? $"no example can be used: {badRows[0]}" : $"{path} holds no examples");
        badRows.Sort((a, b) => a.Line.CompareTo(b.Line));
        return new MultipleChoiceFile(path, examples, badRows, read! with { Rows = examples.Count, LeftOut = badRows, CountsFrom = from });
    }

    /// <summary>Reads examples to be predicted from a file of any size, row by row.</summary>
    /// <param name="path">The file.</param>
    /// <param name="onBadRow">Is told each bad row when it is met; null ignores them.</param>
    /// <param name="options">What the user says about the file; null: nothing.</param>
    /// <param name="onRead">Is told how the file is read.</param>
    /// <exception cref="InputException">As <see cref="Read"/>.</exception>
    public static IEnumerable<MultipleChoiceExample> Stream(
        string path,
        Action<BadRow>? onBadRow = null,
        ColumnOptions? options = null,
        Action<Interpretation>? onRead = null
    ) =>
        Rows(
                Open(path, options ?? new ColumnOptions()),
                options ?? new ColumnOptions(),
                requireLabel: false,
                onBadRow ?? (_ => { }),
                onRead ?? (_ => { })
            )
            .Select(row => row.Example);

    /// <summary>Choices stand in columns: plain lines are no examples, whatever the file is called.</summary>
    private static Table Open(string path, ColumnOptions options) =>
        Table.Open(path, options with { RequireLabel = true, RequirePair = false });

    private static IEnumerable<(MultipleChoiceExample Example, string? Label)> Rows(
        Table table,
        ColumnOptions options,
        bool requireLabel,
        Action<BadRow> onBadRow,
        Action<Interpretation> onRead
    )
    {
        int context = ColumnNames.Find(table.Columns, s_contexts);
        int question = options.Text is string asked
            ? ColumnNames.IndexOf(table.Columns, asked)
            : ColumnNames.Find(table.Columns, s_questions);
        int list = ColumnNames.Find(table.Columns, s_lists);
        int[] single = list >= 0 ? [] : ChoiceColumns(table.Columns);
        int label = options.Label is string named ? ColumnNames.IndexOf(table.Columns, named) : ColumnNames.Find(table.Columns, s_labels);
        int id = ColumnNames.Find(table.Columns, ColumnNames.Id);
        if (context < 0 && question < 0)
            throw Missing(table, options.Text ?? "question or context");
        if (list < 0 && single.Length < 2)
            throw Missing(table, "choices");
        if (label < 0 && (requireLabel || options.Label is not null))
            throw Missing(table, options.Label ?? "label");
        onRead(
            new Interpretation
            {
                Path = table.Path,
                Format = table.Format,
                Encoding = table.Encoding,
                Delimiter = table.Delimiter,
                Header = table.Header,
                Text = table.Columns[context >= 0 ? context : question],
                Pair = context >= 0 && question >= 0 ? table.Columns[question] : null,
                Label = label < 0 ? null : table.Columns[label],
            }
        );

        long number = 0;
        foreach (TableRow row in table.Rows())
        {
            number++;
            string? Cell(int column) => column < 0 || row.Problem is not null ? null : row.Cells[column];
            string? key = Cell(label)?.Trim();
            string[] choices =
                row.Problem is not null ? []
                : list >= 0 ? Choices(Cell(list) ?? "", ref key)
                : single.Select(Cell).OfType<string>().ToArray();
            string? problem = row.Problem ?? (choices.Length < 2 ? "fewer than two choices" : null);
            if (problem is null && (Cell(context) ?? Cell(question)) is null) problem = "no question and no context";
            string? name = row.Problem is null ? Cell(id) : null;
            if (problem is not null)
            {
                onBadRow(new BadRow(row.File ?? table.Path, row.Line, problem) { Row = number, Id = name });
                continue;
            }

            MultipleChoiceExample example = new()
            {
                Prompt = Cell(context) ?? Cell(question)!,
                Question = context < 0 ? "" : Cell(question) ?? "",
                Choices = choices,
                Line = row.Line,
                Row = number,
                Id = name,
            };
            yield return (example, LabelCells.IsMissing(key) ? null : LabelCells.Whole(key!));
        }
    }

    /// <summary>
    /// A list of texts, or an object of texts and their names (<c>{"text": […], "label": ["A", …]}</c>, as ARC has it): then the key
    /// becomes the text it names.
    /// </summary>
    private static string[] Choices(string cell, ref string? key)
    {
        if (cell.TrimStart() is not ['{', ..]) return LabelCells.TryList(cell) ?? [];
        try
        {
            using JsonDocument document = PythonText.Parse(cell);
            string[] texts = [.. document.RootElement.GetProperty("text").EnumerateArray().Select(text => text.ToString())];
            string[] names = document.RootElement.TryGetProperty("label", out JsonElement labels)
                ? [.. labels.EnumerateArray().Select(label => label.ToString())]
                : [];
            int named = Array.IndexOf(names, key);
            if (named >= 0 && named < texts.Length) key = texts[named];
            return texts;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return [];
        }
    }

    private static (List<MultipleChoiceExample> Examples, int? From) Labelled(
        string path, List<(MultipleChoiceExample Example, string? Label)> rows, bool requireLabel, int? trainedFrom, List<BadRow> badRows)
    {
        // Numbers count from where training's do; there from 0, unless none is 0 and one is the number of choices.
        bool areNumbers = rows.Exists(row => Number(row.Label) is not null);
        bool fromOne = trainedFrom is int from
            ? from == 1
            : !rows.Exists(row => row.Label == "0") && rows.Exists(row => Number(row.Label) == row.Example.Choices.Count);
        List<MultipleChoiceExample> examples = [];
        foreach ((MultipleChoiceExample example, string? label) in rows)
        {
            int index = Index(label, example.Choices, fromOne);
            if (index >= 0 || (!requireLabel && label is null))
                examples.Add(example with { Label = index });
            else
                badRows.Add(
                    new BadRow(
                        path,
                        example.Line,
                        label is null
                            ? "no label"
                            : $"the label \"{label}\" is none of the {example.Choices.Count.ToString(CultureInfo.InvariantCulture)} "
                                + $"choices{(fromOne && areNumbers ? ", which count from 1" : "")}"
                    )
                    {
                        Row = example.Row,
                        Id = example.Id,
                        LacksLabel = label is null,
                    }
                );
        }

        return (examples, areNumbers ? (fromOne ? 1 : 0) : null);
    }

    private static int Index(string? label, IReadOnlyList<string> choices, bool fromOne)
    {
        if (string.IsNullOrEmpty(label)) return -1;
        int text = choices.ToList().IndexOf(label);
        int index = Number(label) is { } number ? number - (fromOne ? 1 : 0)
            : text >= 0 ? text
            : label.Length == 1 ? char.ToUpperInvariant(label[0]) - 'A'
            : -1;
        return index < choices.Count ? index : -1;
    }

    private static int? Number(string? label) =>
        int.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static int[] ChoiceColumns(IReadOnlyList<string> columns) =>
        new[] { "ending", "choice", "option", "answer" }
            .Select(prefix =>
                Enumerable.Range(0, 27).Select(i => ColumnNames.IndexOf(columns, prefix + i.ToString(CultureInfo.InvariantCulture)))
            )
            .Append(Enumerable.Range('A', 26).Select(letter => ColumnNames.IndexOf(columns, ((char)letter).ToString())))
            .Select(found => found.Where(column => column >= 0).ToArray())
            .FirstOrDefault(found => found.Length > 1, []);

    private static InputException Missing(Table table, string what) =>
        new($"{table.Path} has no {what} column; it has {string.Join(", ", table.Columns.Select(column => $"\"{column}\""))}");
}
