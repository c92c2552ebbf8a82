using System.Globalization;
using Graft.Data.Tables;

namespace Graft.Data;

/// <summary>
/// Reads multiple-choice examples from JSON Lines, Parquet, CSV or TSV: a prompt (<c>question</c>, <c>context</c>, <c>sent1</c> …), the choices
/// as a list (<c>choices</c>, <c>options</c>, <c>endings</c>) or one a column (<c>ending0</c> …, <c>choice1</c> …, <c>A</c> …), and the right one as
/// an index, a letter or its text (<c>label</c>, <c>answer</c>, <c>answerKey</c>).
/// </summary>
/// <example><c>{"question": "2 + 2?", "choices": ["3", "4"], "label": 1}</c> → Choices[1] is right</example>
public static class MultipleChoiceReader
{
    private static readonly string[] s_contexts = ["context", "passage", "article", "premise", "sent1", "startphrase", "ctx", "prompt", "text"];
    private static readonly string[] s_questions = ["question", "sent2"];
    private static readonly string[] s_lists = ["choices", "options", "endings", "answers"];
    private static readonly string[] s_labels = ["label", "answerKey", "answer", "answer_index", "correct", "gold"];

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="requireLabel">True: an example without its right choice is a bad row. False for examples to be predicted.</param>
    /// <exception cref="InputException">The file is missing, empty, not UTF-8, lacks a column, or has no sound example at all.</exception>
    public static MultipleChoiceFile Read(string path, bool requireLabel = true)
    {
        List<BadRow> badRows = [];
        List<(MultipleChoiceExample Example, string? Label)> rows = [.. Rows(Table.Open(path), requireLabel, badRows.Add)];
        List<MultipleChoiceExample> examples = Labelled(path, rows, requireLabel, badRows);
        if (examples.Count == 0) throw new InputException(badRows.Count > 0 ? $"no example can be used: {badRows[0]}" : $"{path} holds no examples");
        return new MultipleChoiceFile(path, examples, badRows);
    }

    /// <summary>Reads examples to be predicted from a file of any size, row by row.</summary>
    /// <param name="path">The file.</param>
    /// <param name="onBadRow">Is told each bad row when it is met; null ignores them.</param>
    /// <exception cref="InputException">As <see cref="Read"/>.</exception>
    public static IEnumerable<MultipleChoiceExample> Stream(string path, Action<BadRow>? onBadRow = null) =>
        Rows(Table.Open(path), requireLabel: false, onBadRow ?? (_ => { })).Select(row => row.Example);

    private static IEnumerable<(MultipleChoiceExample Example, string? Label)> Rows(Table table, bool requireLabel, Action<BadRow> onBadRow)
    {
        int context = ColumnNames.Find(table.Columns, s_contexts);
        int question = ColumnNames.Find(table.Columns, s_questions);
        int list = ColumnNames.Find(table.Columns, s_lists);
        int[] single = list >= 0 ? [] : ChoiceColumns(table.Columns);
        int label = ColumnNames.Find(table.Columns, s_labels);
        if (context < 0 && question < 0) throw Missing(table, "question or context");
        if (list < 0 && single.Length < 2) throw Missing(table, "choices");
        if (label < 0 && requireLabel) throw Missing(table, "label");

        foreach (TableRow row in table.Rows())
        {
            string? Cell(int column) => column < 0 ? null : row.Cells[column];
            string[] choices = list >= 0 ? LabelCells.TryJsonList(Cell(list) ?? "") ?? [] : single.Select(Cell).OfType<string>().ToArray();
            string? problem = row.Problem ?? (choices.Length < 2 ? "fewer than two choices" : null);
            if ((Cell(context) ?? Cell(question)) is null) problem ??= "no question and no context";
            if (problem is not null)
            {
                onBadRow(new BadRow(table.Path, row.Line, problem));
                continue;
            }

            MultipleChoiceExample example = new() { Prompt = Cell(context) ?? Cell(question)!, Question = context < 0 ? "" : Cell(question) ?? "", Choices = choices, Line = row.Line };
            yield return (example, Cell(label)?.Trim());
        }
    }

    private static List<MultipleChoiceExample> Labelled(string path, List<(MultipleChoiceExample Example, string? Label)> rows, bool requireLabel, List<BadRow> badRows)
    {
        // Numbers count from 0, unless none is 0 and one is the number of choices.
        bool fromOne = !rows.Exists(row => row.Label == "0") && rows.Exists(row => Number(row.Label) == row.Example.Choices.Count);
        List<MultipleChoiceExample> examples = [];
        foreach ((MultipleChoiceExample example, string? label) in rows)
        {
            int index = Index(label, example.Choices, fromOne);
            if (index >= 0 || (!requireLabel && string.IsNullOrEmpty(label))) examples.Add(example with { Label = index });
            else badRows.Add(new BadRow(path, example.Line, string.IsNullOrEmpty(label) ? "no label" : $"the label \"{label}\" is none of the {example.Choices.Count.ToString(CultureInfo.InvariantCulture)} choices"));
        }

        return examples;
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

    private static int? Number(string? label) => int.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static int[] ChoiceColumns(IReadOnlyList<string> columns) =>
        new[] { "ending", "choice", "option", "answer" }
            .Select(prefix => Enumerable.Range(0, 27).Select(i => ColumnNames.IndexOf(columns, prefix + i.ToString(CultureInfo.InvariantCulture))))
            .Append(Enumerable.Range('A', 26).Select(letter => ColumnNames.IndexOf(columns, ((char)letter).ToString())))
            .Select(found => found.Where(column => column >= 0).ToArray())
            .FirstOrDefault(found => found.Length > 1, []);

    private static InputException Missing(Table table, string what) =>
        new($"{table.Path} has no {what} column; it has {string.Join(", ", table.Columns.Select(column => $"\"{column}\""))}");
}
