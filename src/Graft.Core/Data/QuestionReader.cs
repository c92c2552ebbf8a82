using System.Globalization;
using System.Text.Json;
using Graft.Data.Tables;

namespace Graft.Data;

/// <summary>
/// Reads questions with their contexts: SQuAD 1.1 and 2.0 JSON, nested or flat, by any name, MRQA's paragraph a line, or a table with
/// <c>context</c>, <c>question</c> and <c>answers: {text: […], answer_start: […]}</c>. A question whose answer is not where the file says
/// is reported, not used; an answer without a place is taken where the context holds it exactly once.
/// </summary>
internal static class QuestionReader
{
    private static readonly string[] s_questions = ["question", "query"];
    private static readonly string[] s_contexts = ["context", "passage", "paragraph", "document", "text"];
    private static readonly string[] s_answers = ["answers", "answer", "answer_text"];
    private static readonly string[] s_starts = ["answer_start", "answer_starts", "start"];

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="requireAnswers">True: a question with no answer that is not marked impossible is a bad row. False for questions to be
    /// predicted.</param>
    /// <param name="options">What the user says about the file; null: nothing.</param>
    /// <exception cref="InputException">The file is missing, empty, no text, not of these formats, or has no sound question at
    /// all.</exception>
    public static QuestionFile Read(string path, bool requireAnswers = true, ColumnOptions? options = null)
    {
        List<BadRow> badRows = [];
        Interpretation? read = null;
        List<Question> questions = [.. Stream(path, requireAnswers, badRows.Add, options, interpretation => read = interpretation)];
        if (questions.Count > 0)
            return new QuestionFile(path, questions, badRows, read! with { Rows = questions.Count, LeftOut = badRows });
        throw new InputException(badRows.Count > 0 ? $"no question can be used: {badRows[0]}" : $"{path} holds no questions");
    }

    /// <summary>Reads question by question: a table row by row; a JSON document whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="requireAnswers">As in <see cref="Read"/>.</param>
    /// <param name="onBadRow">Is told each bad question when it is met; null ignores them.</param>
    /// <param name="options">What the user says about the file; null: nothing.</param>
    /// <param name="onRead">Is told how the file is read.</param>
    /// <exception cref="InputException">As <see cref="Read"/>.</exception>
    public static IEnumerable<Question> Stream(
        string path,
        bool requireAnswers = true,
        Action<BadRow>? onBadRow = null,
        ColumnOptions? options = null,
        Action<Interpretation>? onRead = null
    )
    {
        onBadRow ??= _ => { };
        onRead ??= _ => { };
        options = (options ?? new ColumnOptions()) with { RequireLabel = true, RequirePair = false };
        QuestionCheck check = new(path, requireAnswers, onBadRow);
        bool isFile = !Directory.Exists(path) && !path.Contains('*', StringComparison.Ordinal);
        TableFormat format =
            !isFile ? TableFormat.Parquet
            : options.Format == "squad" ? TableFormat.Json
            : TableFormats.Detect(path, options).Format;
        if (options.Format == "squad" || (format is TableFormat.Json or TableFormat.JsonLines && SquadDocument.IsNested(path, format)))
        {
            onRead(
                new Interpretation
                {
                    Path = path,
                    Format = "squad",
                    Encoding = DataFile.EncodingOf(path),
                    Text = "question",
                    Pair = "context",
                    Label = "answers",
                }
            );
            return SquadDocument
                .Read(path, format)
                .Select((read, i) => check.Placed(read.Question with { Row = i + 1 }, read.Answers))
                .OfType<Question>();
        }

        return Rows(Table.Open(path, options), check, options, onBadRow, onRead);
    }

    private static IEnumerable<Question> Rows(
        Table table,
        QuestionCheck check,
        ColumnOptions options,
        Action<BadRow> onBadRow,
        Action<Interpretation> onRead
    )
    {
        int question = Column(table, options.Text ?? options.Trained?.Text, s_questions),
            context = Column(table, options.Pair ?? options.Trained?.Pair, s_contexts);
        int id = ColumnNames.IndexOf(table.Columns, "id"),
            title = ColumnNames.IndexOf(table.Columns, "title");
        int answers = options.Label is string label ? Column(table, label, s_answers) : ColumnNames.Find(table.Columns, s_answers);
        int starts = ColumnNames.Find(table.Columns, s_starts);
        // Parquet: two lists in one group
        if (starts < 0)
            starts = Enumerable
                .Range(answers + 1, Math.Max(0, table.Columns.Count - answers - 1))
                .FirstOrDefault(column => answers >= 0 && table.Columns[column] == table.Columns[answers], -1);
        onRead(
            new Interpretation
            {
                Path = table.Path,
                Format = table.Format,
                Encoding = table.Encoding,
                Delimiter = table.Delimiter,
                Header = table.Header,
                Text = table.Columns[question],
                Pair = table.Columns[context],
                Label = answers < 0 ? null : table.Columns[answers],
            }
        );
        long number = 0;
        foreach (TableRow row in table.Rows())
        {
            number++;
            string? problem = row.Problem;
            List<(string, int)> placed = [];
            bool isKnown = false;
            if (problem is null && row.Cells[question] is null)
                problem = $"no text in column \"{table.Columns[question]}\"";
            if (problem is null && row.Cells[context] is null)
                problem = $"no text in column \"{table.Columns[context]}\"";
            if (problem is null && answers >= 0)
                isKnown = TryAnswers(row.Cells[answers], starts < 0 ? null : row.Cells[starts], row.Cells[context]!, placed, out problem);
            string? name = id < 0 || row.Problem is not null ? null : row.Cells[id];
            if (problem is not null)
            {
                onBadRow(new BadRow(row.File ?? table.Path, row.Line, problem) { Row = number, Id = name });
                continue;
            }

            Question read = new()
            {
                Id = name ?? FormattableString.Invariant($"{row.Line}"),
                Text = row.Cells[question]!,
                Context = row.Cells[context]!,
                Title = (title < 0 ? null : row.Cells[title]) ?? "",
                IsImpossible = isKnown && placed.Count == 0,
                Line = row.Line,
                Row = number,
            };
            if (check.Placed(read, placed) is { } sound) yield return sound;
        }
    }

    /// <summary>
    /// Answers of a cell: an object of two lists, a list of objects, a list beside one of starts, or a text beside its start.
    /// </summary>
    /// <returns>True where the row says which answers there are, and be it none.</returns>
    private static bool TryAnswers(string? cell, string? start, string context, List<(string Text, int Start)> answers, out string? problem)
    {
        problem = null;
        if (string.IsNullOrWhiteSpace(cell)) return false;
        try
        {
            if (cell[0] is not ('{' or '['))
            {
                int only = context.IndexOf(cell, StringComparison.Ordinal);
                if (int.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out int place))
                    answers.Add((cell, place));
                else if (only >= 0 && context.IndexOf(cell, only + 1, StringComparison.Ordinal) < 0)
                    answers.Add((cell, CodePoints.FromUtf16(context, only)));
                else
                    problem =
                        only < 0
                            ? "the context does not hold the answer"
                            : "an answer without its answer_start, which the context holds several times";
                return true;
            }

            using JsonDocument document = PythonText.Parse(
                cell[0] == '[' && start is not null ? $"{{\"text\":{cell},\"answer_start\":{start}}}" : cell
            );
            JsonElement root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Array)
                answers.AddRange(
                    root.EnumerateArray()
                        .Select(answer => (answer.GetProperty("text").GetString() ?? "", answer.GetProperty("answer_start").GetInt32()))
                );
            else
                answers.AddRange(
                    List(root.GetProperty("text"))
                        .Zip(List(root.GetProperty("answer_start")), (text, at) => (text.GetString() ?? "", at.GetInt32()))
                );
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            problem = $"answers are not {{\"text\": […], \"answer_start\": […]}}: {error.Message.Split('\n', '\r')[0]}";
        }

        return true;
    }

    private static JsonElement[] List(JsonElement value) => value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];

    private static int Column(Table table, string? asked, string[] names)
    {
        int column = asked is not null ? ColumnNames.IndexOf(table.Columns, asked) : ColumnNames.Find(table.Columns, names);
        return column >= 0
            ? column
            : throw new InputException(
                $"{table.Path} has no \"{asked ?? names[0]}\" column; it has "
                    + $"{string.Join(", ", table.Columns.Select(name => $"\"{name}\""))}"
            );
    }
}
