using System.Globalization;
using System.Text.Json;
using Graft.Data.Tables;

namespace Graft.Data;

/// <summary>Walks nested questions: articles of paragraphs of questions (SQuAD), paragraphs alone, or a paragraph a line (MRQA).</summary>
internal static class SquadDocument
{
    /// <summary>Whether a JSON file nests its questions below contexts.</summary>
    public static bool IsNested(string path, TableFormat format)
    {
        if (format == TableFormat.JsonLines)
        {
            string? line = DataFile
                .Lines(path)
                .Select(line => line.Text)
                .FirstOrDefault(text =>
                    text.Contains("\"context\"", StringComparison.Ordinal) || text.Contains("\"paragraphs\"", StringComparison.Ordinal)
                );
            return line is not null
                && (line.Contains("\"qas\"", StringComparison.Ordinal) || line.Contains("\"paragraphs\"", StringComparison.Ordinal));
        }

        using StrictUtf8Reader reader = DataFile.OpenText(path);
        char[] start = new char[1 << 16];
        string beginning = new(start, 0, reader.ReadBlock(start));
        return beginning.Contains("\"paragraphs\"", StringComparison.Ordinal) || beginning.Contains("\"qas\"", StringComparison.Ordinal);
    }

    /// <summary>Every question with the code points its answers start at, in the order of the file.</summary>
    /// <exception cref="InputException">The file is not JSON, or not of this shape.</exception>
    public static IEnumerable<(Question Question, List<(string Text, int Start)> Answers)> Read(string path, TableFormat format)
    {
        if (format == TableFormat.JsonLines)
            return DataFile
                .Lines(path)
                .Where(line => !string.IsNullOrWhiteSpace(line.Text))
                .SelectMany(line => Parse(path, line.Text, line.Number));
        using StrictUtf8Reader reader = DataFile.OpenText(path);
        return Parse(path, reader.ReadToEnd(), 1);
    }

    private static List<(Question, List<(string, int)>)> Parse(string path, string json, long firstLine)
    {
        List<(Question, List<(string, int)>)> questions = [];
        LineCursor lines = new(json, firstLine);
        try
        {
            using JsonDocument document = JsonText.Parse(json);
            JsonElement root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("header", out _))
                return questions;
            JsonElement articles =
                root.ValueKind == JsonValueKind.Object && root.TryGetProperty("data", out JsonElement data) ? data : root;
            foreach (JsonElement article in articles.ValueKind == JsonValueKind.Array ? articles.EnumerateArray().ToArray() : [articles])
            {
                string title = Text(article, "title") ?? "";
                foreach (
                    JsonElement paragraph in article.TryGetProperty("paragraphs", out JsonElement paragraphs)
                        ? paragraphs.EnumerateArray().ToArray()
                        : [article]
                )
                {
                    string context = paragraph.GetProperty("context").GetString() ?? "";
                    foreach (JsonElement entry in paragraph.GetProperty("qas").EnumerateArray())
                    {
                        string id = Text(entry, "id") ?? Text(entry, "qid") ?? "";
                        bool isImpossible =
                            entry.TryGetProperty("is_impossible", out JsonElement impossible) && impossible.ValueKind == JsonValueKind.True;
                        questions.Add(
                            (
                                new Question
                                {
                                    Id = id,
                                    Text = Text(entry, "question") ?? "",
                                    Context = context,
                                    Title = title,
                                    IsImpossible = isImpossible,
                                    Line = lines.LineOf(id),
                                },
                                isImpossible ? [] : Answers(entry)
                            )
                        );
                    }
                }
            }
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            long line = firstLine + ((error as JsonException)?.LineNumber ?? 0);
            throw new InputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{path}, line {line}: not SQuAD JSON (data → paragraphs → context, qas): "
                        + $"{error.Message.Split('\n', '\r')[0]}"
                ),
                error
            );
        }

        return questions;
    }

    private static List<(string Text, int Start)> Answers(JsonElement entry)
    {
        if (entry.TryGetProperty("detected_answers", out JsonElement detected))
            return
            [
                .. detected
                    .EnumerateArray()
                    .Select(answer => (Text(answer, "text") ?? "", answer.GetProperty("char_spans")[0][0].GetInt32())),
            ];
        return entry.TryGetProperty("answers", out JsonElement answers)
            ?
            [
                .. answers
                    .EnumerateArray()
                    .Select(answer => (answer.GetProperty("text").GetString() ?? "", answer.GetProperty("answer_start").GetInt32())),
            ]
            : [];
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value)
            ? (value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText())
            : null;

    /// <summary>The lines that ids stand in, asked for in the order of the document.</summary>
    private sealed class LineCursor(string json, long firstLine)
    {
        private int _index;
        private long _line = firstLine;

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
