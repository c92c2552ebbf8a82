using System.Globalization;
using System.Text.Json;

namespace Graft.Data;

/// <summary>
/// Reads questions with their contexts: SQuAD 1.1 and 2.0 JSON, or JSON Lines with <c>context</c>, <c>question</c> and
/// <c>answers: {text: […], answer_start: […]}</c>. A question whose answer is not where the file says is reported, not used.
/// </summary>
public static class QuestionReader
{
    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="requireAnswers">True: a question with no answer that is not marked impossible is a bad row. False for questions to be predicted.</param>
    /// <exception cref="InputException">The file is missing, empty, not UTF-8, not of these formats, or has no sound question at all.</exception>
    public static QuestionFile Read(string path, bool requireAnswers = true)
    {
        using StrictUtf8Reader reader = DataFile.OpenText(path);
        string json = reader.ReadToEnd();
        Collector collector = new(path, json, requireAnswers);
        if (DataFile.Extension(path) is ".jsonl" or ".ndjson") ReadLines(path, collector);
        else ReadSquad(path, json, collector);
        if (collector.Questions.Count > 0) return new QuestionFile(path, collector.Questions, collector.BadRows);
        throw new InputException(collector.BadRows.Count > 0 ? $"no question can be used: {collector.BadRows[0]}" : $"{path} holds no questions");
    }

    private static void ReadSquad(string path, string json, Collector collector)
    {
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
                        Question question = new()
                        {
                            Id = Text(entry, "id") ?? "",
                            Text = Text(entry, "question") ?? "",
                            Context = context,
                            Title = title,
                            IsImpossible = entry.TryGetProperty("is_impossible", out JsonElement impossible) && impossible.ValueKind == JsonValueKind.True,
                        };
                        collector.Add(question, question.IsImpossible ? [] : SquadAnswers(entry));
                    }
                }
            }
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InputException($"{path} is not SQuAD JSON (data → paragraphs → context, qas): {error.Message}", error);
        }
    }

    private static IEnumerable<(string Text, int Start)> SquadAnswers(JsonElement entry) => entry.TryGetProperty("answers", out JsonElement answers)
        ? answers.EnumerateArray().Select(answer => (answer.GetProperty("text").GetString() ?? "", answer.GetProperty("answer_start").GetInt32()))
        : [];

    private static void ReadLines(string path, Collector collector)
    {
        foreach ((long number, string line) in DataFile.Lines(path))
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            try
            {
                using JsonDocument document = JsonDocument.Parse(line);
                JsonElement entry = document.RootElement;
                List<(string Text, int Start)> answers = [];
                if (entry.TryGetProperty("answers", out JsonElement lists) && lists.ValueKind == JsonValueKind.Object)
                {
                    answers.AddRange(lists.GetProperty("text").EnumerateArray().Zip(lists.GetProperty("answer_start").EnumerateArray(), (text, start) => (text.GetString() ?? "", start.GetInt32())));
                }

                Question question = new()
                {
                    Id = Text(entry, "id") ?? number.ToString(CultureInfo.InvariantCulture),
                    Text = entry.GetProperty("question").GetString() ?? "",
                    Context = entry.GetProperty("context").GetString() ?? "",
                    Title = Text(entry, "title") ?? "",
                    IsImpossible = lists.ValueKind == JsonValueKind.Object && answers.Count == 0,
                };
                collector.Add(question, answers, number);
            }
            catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                collector.BadRows.Add(new BadRow(path, number, $"not an object with context, question and answers: {error.Message}"));
            }
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) ? (value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText()) : null;

    /// <summary>Checks each question and keeps it, or says where it is and what is wrong.</summary>
    private sealed class Collector(string path, string json, bool requireAnswers)
    {
        private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

        public List<Question> Questions { get; } = [];

        public List<BadRow> BadRows { get; } = [];

        public void Add(Question question, IEnumerable<(string Text, int Start)> answers, long line = 0)
        {
            List<Answer> placed = [];
            string? problem = question.Id.Length == 0 ? "a question has no id" : _ids.Add(question.Id) ? null : "the id occurs twice";
            if (string.IsNullOrWhiteSpace(question.Text)) problem ??= "the question is empty";
            if (string.IsNullOrWhiteSpace(question.Context)) problem ??= "the context is empty";
            foreach ((string text, int start) in answers)
            {
                int offset = CodePoints.ToUtf16(question.Context, start);
                if (text.Length == 0) problem ??= "an answer is empty";
                else if (offset < 0 || !question.Context.AsSpan(offset).StartsWith(text, StringComparison.Ordinal)) problem ??= Misplaced(question.Context, text, start);
                else placed.Add(new Answer(text, offset));
            }

            if (requireAnswers && placed.Count == 0 && !question.IsImpossible) problem ??= "no answer, and not marked is_impossible";
            if (problem is null) Questions.Add(question with { Answers = placed });
            else BadRows.Add(new BadRow(path, line > 0 ? line : LineOf(question.Id), $"question {question.Id}: {problem}"));
        }

        private static string Misplaced(string context, string text, int start)
        {
            int found = context.IndexOf(text, StringComparison.Ordinal);
            string where = found < 0
                ? "the context does not hold it"
                : string.Create(CultureInfo.InvariantCulture, $"it first stands at {CodePoints.FromUtf16(context, found)}");
            return string.Create(CultureInfo.InvariantCulture, $"the answer \"{text}\" is not at answer_start {start}; {where}");
        }

        /// <summary>The line an id stands in; only looked for when something is wrong.</summary>
        private long LineOf(string id)
        {
            int index = id.Length == 0 ? -1 : json.IndexOf($"\"{id}\"", StringComparison.Ordinal);
            return 1 + json.AsSpan(0, Math.Max(index, 0)).Count('\n');
        }
    }
}
