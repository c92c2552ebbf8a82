using System.Globalization;
using System.Text.Json;
using Graft.Data.Tables;

namespace Graft.Data;

/// <summary>
/// Reads questions with their contexts: SQuAD 1.1 and 2.0 JSON, or a table (JSON Lines, CSV, TSV, Parquet) with <c>context</c>, <c>question</c> and
/// <c>answers: {text: […], answer_start: […]}</c>. A question whose answer is not where the file says is reported, not used.
/// </summary>
public static class QuestionReader
{
    private static readonly string[] s_questions = ["question", "query"];
    private static readonly string[] s_contexts = ["context", "passage", "paragraph", "document", "text"];
    private static readonly string[] s_answers = ["answers", "answer", "answer_text"];

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="requireAnswers">True: a question with no answer that is not marked impossible is a bad row. False for questions to be predicted.</param>
    /// <exception cref="InputException">The file is missing, empty, not UTF-8, not of these formats, or has no sound question at all.</exception>
    public static QuestionFile Read(string path, bool requireAnswers = true)
    {
        List<BadRow> badRows = [];
        List<Question> questions = [.. Stream(path, requireAnswers, badRows.Add)];
        if (questions.Count > 0) return new QuestionFile(path, questions, badRows);
        throw new InputException(badRows.Count > 0 ? $"no question can be used: {badRows[0]}" : $"{path} holds no questions");
    }

    /// <summary>Reads question by question: a table row by row; SQuAD JSON, which is one document, whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="requireAnswers">As in <see cref="Read"/>.</param>
    /// <param name="onBadRow">Is told each bad question when it is met; null ignores them.</param>
    /// <exception cref="InputException">As <see cref="Read"/>.</exception>
    public static IEnumerable<Question> Stream(string path, bool requireAnswers = true, Action<BadRow>? onBadRow = null)
    {
        onBadRow ??= _ => { };
        QuestionCheck check = new(path, requireAnswers, onBadRow);
        return DataFile.Extension(path) is ".jsonl" or ".ndjson" or ".csv" or ".tsv" or ".parquet" ? Rows(Table.Open(path), check, onBadRow) : Squad(path, check);
    }

    private static IEnumerable<Question> Squad(string path, QuestionCheck check)
    {
        using StrictUtf8Reader reader = DataFile.OpenText(path);
        string json = reader.ReadToEnd();
        List<Question> questions = [];
        LineCursor lines = new(json);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            foreach (JsonElement article in document.RootElement.GetProperty("data").EnumerateArray())
            {
                string title = Text(article, "title") ?? "";
                foreach (JsonElement paragraph in article.GetProperty("paragraphs").EnumerateArray())
                {
                    string context = paragraph.GetProperty("context").GetString() ?? "";
                    foreach (JsonElement entry in paragraph.GetProperty("qas").EnumerateArray())
                    {
                        string id = Text(entry, "id") ?? "";
                        Question question = new()
                        {
                            Id = id,
                            Text = Text(entry, "question") ?? "",
                            Context = context,
                            Title = title,
                            IsImpossible = entry.TryGetProperty("is_impossible", out JsonElement impossible) && impossible.ValueKind == JsonValueKind.True,
                            Line = lines.LineOf(id),
                        };
                        if (check.Placed(question, question.IsImpossible ? [] : SquadAnswers(entry)) is { } sound) questions.Add(sound);
                    }
                }
            }
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InputException($"{path} is not SQuAD JSON (data → paragraphs → context, qas): {error.Message}", error);
        }

        return questions;
    }

    private static IEnumerable<(string Text, int Start)> SquadAnswers(JsonElement entry) => entry.TryGetProperty("answers", out JsonElement answers)
        ? answers.EnumerateArray().Select(answer => (answer.GetProperty("text").GetString() ?? "", answer.GetProperty("answer_start").GetInt32()))
        : [];

    private static IEnumerable<Question> Rows(Table table, QuestionCheck check, Action<BadRow> onBadRow)
    {
        int question = Column(table, s_questions), context = Column(table, s_contexts);
        int id = ColumnNames.IndexOf(table.Columns, "id"), title = ColumnNames.IndexOf(table.Columns, "title"), answers = ColumnNames.Find(table.Columns, s_answers);
        int starts = ColumnNames.IndexOf(table.Columns, "answer_start");
        if (starts < 0) starts = Enumerable.Range(answers + 1, Math.Max(0, table.Columns.Count - answers - 1)).FirstOrDefault(column => answers >= 0 && table.Columns[column] == table.Columns[answers], -1); // Parquet: two lists in one group
        foreach (TableRow row in table.Rows())
        {
            string? problem = row.Problem;
            List<(string, int)> placed = [];
            bool isKnown = false;
            if (problem is null && answers >= 0) isKnown = TryAnswers(row.Cells[answers], starts < 0 ? null : row.Cells[starts], placed, out problem);
            if (problem is null && row.Cells[question] is null) problem = $"no text in column \"{table.Columns[question]}\"";
            if (problem is null && row.Cells[context] is null) problem = $"no text in column \"{table.Columns[context]}\"";
            if (problem is not null)
            {
                onBadRow(new BadRow(table.Path, row.Line, problem));
                continue;
            }

            Question read = new()
            {
                Id = (id < 0 ? null : row.Cells[id]) ?? FormattableString.Invariant($"{row.Line}"),
                Text = row.Cells[question]!,
                Context = row.Cells[context]!,
                Title = (title < 0 ? null : row.Cells[title]) ?? "",
                IsImpossible = isKnown && placed.Count == 0,
                Line = row.Line,
            };
            if (check.Placed(read, placed) is { } sound) yield return sound;
        }
    }

    /// <summary>Answers of a cell: an object of two lists, a list beside one of starts, or a text beside its start.</summary>
    /// <returns>True where the row says which answers there are, and be it none.</returns>
    private static bool TryAnswers(string? cell, string? start, List<(string Text, int Start)> answers, out string? problem)
    {
        problem = null;
        if (string.IsNullOrWhiteSpace(cell)) return false;
        try
        {
            if (cell[0] is not ('{' or '[') || (cell[0] == '[' && start is null))
            {
                if (int.TryParse(start, NumberStyles.None, CultureInfo.InvariantCulture, out int place)) answers.Add((cell, place));
                else problem = "an answer without its answer_start";
                return true;
            }

            using JsonDocument document = JsonDocument.Parse(cell[0] == '[' ? $"{{\"text\":{cell},\"answer_start\":{start}}}" : cell);
            answers.AddRange(document.RootElement.GetProperty("text").EnumerateArray()
                .Zip(document.RootElement.GetProperty("answer_start").EnumerateArray(), (text, at) => (text.GetString() ?? "", at.GetInt32())));
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            problem = $"answers are not {{\"text\": […], \"answer_start\": […]}}: {error.Message}";
        }

        return true;
    }

    private static int Column(Table table, string[] names)
    {
        int column = ColumnNames.Find(table.Columns, names);
        return column >= 0 ? column : throw new InputException($"{table.Path} has no \"{names[0]}\" column; it has {string.Join(", ", table.Columns.Select(name => $"\"{name}\""))}");
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) ? (value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText()) : null;

    /// <summary>The lines that ids stand in, asked for in the order of the document.</summary>
    private sealed class LineCursor(string json)
    {
        private int _index;
        private long _line = 1;

        public long LineOf(string id)
        {
            int found = id.Length == 0 ? -1 : json.IndexOf($"\"{id}\"", _index, StringComparison.Ordinal);
            if (found < 0) return _line;
            _line += json.AsSpan(_index, found - _index).Count('\n');
            _index = found + 1;
            return _line;
        }
    }
}
