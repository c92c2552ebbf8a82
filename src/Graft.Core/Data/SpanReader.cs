using System.Globalization;
using System.Text.Json;
using Graft.Data.Tables;

namespace Graft.Data;

/// <summary>
/// Entities given by characters, as annotation tools export them, as tags of words: <c>[[start, end, type]]</c> (doccano, spaCy), objects
/// with <c>start</c>, <c>end</c> and <c>label</c> (Prodigy), Label Studio's <c>annotations[].result[].value</c>, and their kin. Offsets
/// count code points; where the text of an entity stands beside them it decides (Label Studio counts UTF-16 units, Dataturks includes the
/// last character).
/// </summary>
internal static class SpanReader
{
    private static readonly string[] s_texts = ["text", "content", "sentence", "document", "data", "body"];
    private static readonly string[] s_spans =
    [
        "spans",
        "entities",
        "label",
        "labels",
        "annotations",
        "annotation",
        "completions",
        "ner",
        "result",
    ];
    private static readonly string[] s_starts =
    [
        "start",
        "start_offset",
        "startOffset",
        "start_char",
        "begin",
        "offset",
        "from",
        "start_index",
    ];
    private static readonly string[] s_ends = ["end", "end_offset", "endOffset", "end_char", "stop", "to", "end_index"];
    private static readonly string[] s_labels =
    [
        "label",
        "labels",
        "type",
        "entity_type",
        "entity_group",
        "entity",
        "tag",
        "category",
        "ner",
    ];

    /// <summary>The columns of texts and spans; null where the table has none.</summary>
    public static (int Text, int Spans)? Columns(Table table, TokenColumnOptions options)
    {
        int text = options.Word is string word ? ColumnNames.IndexOf(table.Columns, word) : ColumnNames.Find(table.Columns, s_texts);
        if (text < 0) return null;
        List<TableRow> rows = table.Probe();
        string[] names = options.Tag is string tag ? [tag] : s_spans;
        foreach (string name in names)
        {
            int column = ColumnNames.IndexOf(table.Columns, name);
            if (column < 0 || column == text)
                continue;
            string? first = rows.Select(row => row.Cells[column])
                .FirstOrDefault(cell => !LabelCells.IsMissing(cell) && Spans(cell!) is not { Count: 0 });
            if (first is not null && Spans(first) is not null)
                return (text, column);
        }

        return null;
    }

    /// <summary>The tagged words of every row.</summary>
    public static IEnumerable<TokenSequence> Read(Table table, (int Text, int Spans) columns, Action<BadRow> onBadRow)
    {
        int id = ColumnNames.Find(table.Columns, ColumnNames.Id), answer = ColumnNames.IndexOf(table.Columns, "answer");
        long number = 0;
        foreach (TableRow row in table.Rows())
        {
            number++;
            string? problem = row.Problem
                ?? (string.IsNullOrWhiteSpace(row.Cells[columns.Text]) ? $"no text in column \"{table.Columns[columns.Text]}\"" : null);
            if (problem is null && answer >= 0 && row.Cells[answer] is "reject" or "ignore")
                problem = $"the annotator's answer was \"{row.Cells[answer]}\"";
            string? cell = problem is null ? row.Cells[columns.Spans] : null;
            IReadOnlyList<Span>? spans =
                problem is not null ? null
                : cell is null or "" or "[]" or "null" or "{}" ? []
                : Spans(cell);
            if (problem is null && spans is null)
                problem = $"\"{table.Columns[columns.Spans]}\" is no list of entities, such as [[0, 5, \"PER\"]]";
            TokenSequence? sequence = problem is null ? Tagged(row.Cells[columns.Text]!, spans!, out problem) : null;
            string? name = id < 0 || row.Problem is not null ? null : row.Cells[id];
            if (sequence is null) onBadRow(new BadRow(table.Path, row.Line, problem!) { Row = number, Id = name });
            else yield return sequence with { Line = row.Line, Row = number, Id = name };
        }
    }

    /// <summary>The words of a text with their tags in IOB2; null with the problem where a span cannot be placed.</summary>
    private static TokenSequence? Tagged(string text, IReadOnlyList<Span> spans, out string? problem)
    {
        problem = null;
        List<(int From, int To, string Type)> placed = [];
        foreach (Span span in spans)
        {
            if (Place(text, span, out problem) is not { } range) return null;
            placed.Add((range.From, range.To, span.Type));
        }

        placed = [.. placed.Distinct().OrderBy(span => span.From).ThenBy(span => span.To)];
        foreach (((int From, int To, string Type) before, (int From, int To, string Type) next) in placed.Zip(placed.Skip(1)))
        {
            if (next.From >= before.To) continue;
            problem = $"the entities \"{text[before.From..before.To]}\" and \"{text[next.From..next.To]}\" overlap; a word has one tag";
            return null;
        }

        HashSet<int> cuts = [.. placed.SelectMany(span => new[] { span.From, span.To })];
        (List<string> words, List<string> tags, List<bool> joined) = ([], [], []);
        foreach ((int start, int end) in WordSplitter.Ranges(text, cuts))
        {
            (int from, int to, string type) = placed.FirstOrDefault(span => start >= span.From && start < span.To);
            words.Add(text[start..end]);
            tags.Add(to == 0 ? "O" : (words.Count > 1 && start > from ? "I-" : "B-") + type);
            joined.Add(end < text.Length && !char.IsWhiteSpace(text[end]));
        }

        return new TokenSequence { Words = words, Tags = tags, Joined = joined };
    }

    /// <summary>The UTF-16 range of an entity, without white space around it.</summary>
    private static (int From, int To)? Place(string text, Span span, out string? problem)
    {
        problem = null;
        foreach ((int from, int to) in new[]
        {
            (CodePoints.ToUtf16(text, span.Start), CodePoints.ToUtf16(text, span.End)),
            (span.Start, span.End),
            (CodePoints.ToUtf16(text, span.Start), CodePoints.ToUtf16(text, span.End + 1)),
        })
        {
            if (from < 0 || to > text.Length || to <= from) continue;
            if (span.Text is not null && !text.AsSpan(from, to - from).SequenceEqual(span.Text)) continue;
            (int first, int last) = (from, to);
            while (first < last && char.IsWhiteSpace(text[first])) first++;
            while (last > first && char.IsWhiteSpace(text[last - 1])) last--;
            if (first < last) return (first, last);
            break;
        }

        problem = string.Create(
            CultureInfo.InvariantCulture,
            $"the entity {span.Type} from {span.Start} to {span.End}{(span.Text is null ? "" : $" (\"{span.Text}\")")} does not stand "
                + $"in the text of {CodePoints.FromUtf16(text, text.Length)} characters"
        );
        return null;
    }

    /// <summary>The entities of a cell; null where it holds none of the known forms.</summary>
    private static List<Span>? Spans(string cell)
    {
        if (cell.TrimStart() is not ['[' or '{', ..]) return null;
        try
        {
            using JsonDocument document = JsonText.Parse(cell);
            return Spans(document.RootElement);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static List<Span>? Spans(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object)
            return First(value, ["entities", "spans", "result", "annotations"]) is { } inner ? Spans(inner) : null;
        if (value.ValueKind != JsonValueKind.Array)
            return null;
        if (value.GetArrayLength() > 0 && value[0].ValueKind == JsonValueKind.Object && value[0].TryGetProperty("result", out _))
        {
            JsonElement[] sound =
            [
                .. value
                    .EnumerateArray()
                    .Where(annotation =>
                        !(
                            annotation.TryGetProperty("was_cancelled", out JsonElement cancelled)
                            && cancelled.ValueKind == JsonValueKind.True
                        )
                    ),
            ];
            return sound.Length == 0 ? [] : Spans(sound[0].GetProperty("result"));
        }

        List<Span> spans = [];
        foreach (JsonElement item in value.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.Array)
            {
                if (
                    item.GetArrayLength() < 3
                    || item[0].ValueKind != JsonValueKind.Number
                    || item[1].ValueKind != JsonValueKind.Number
                    || item[2].ValueKind != JsonValueKind.String
                )
                    return null;
                spans.Add(new Span(item[0].GetInt32(), item[1].GetInt32(), item[2].GetString()!, null));
            }
            else if (item.ValueKind == JsonValueKind.Object)
            {
                if (
                    item.TryGetProperty("type", out JsonElement kind)
                    && kind.ValueKind == JsonValueKind.String
                    && kind.GetString() is "relation" or "choices" or "textarea" or "rating"
                )
                    continue;
                if (OfObject(item) is not { } span)
                    return null;
                spans.Add(span);
            }
            else
            {
                return null;
            }
        }

        return spans;
    }

    private static Span? OfObject(JsonElement item)
    {
        JsonElement place = First(item, ["value"])
            ?? (First(item, ["points"]) is { ValueKind: JsonValueKind.Array } points && points.GetArrayLength() > 0 ? points[0] : item);
        if (place.ValueKind != JsonValueKind.Object || Whole(First(place, s_starts)) is not int start)
            return null;
        int? end = Whole(First(place, s_ends)) ?? (Whole(First(place, ["length"])) is int length ? start + length : null);
        JsonElement? label = First(place, s_labels) ?? First(item, s_labels);
        if (label is { ValueKind: JsonValueKind.Array } several)
            label = several.GetArrayLength() > 0 ? several[0] : null;
        if (end is null || label is not { ValueKind: JsonValueKind.String } type)
            return null;
        return new Span(
            start,
            end.Value,
            type.GetString()!,
            First(place, ["text"]) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null
        );
    }

    private static int? Whole(JsonElement? value) =>
        value is { ValueKind: JsonValueKind.Number } number && number.TryGetInt32(out int whole) ? whole
        : value is { ValueKind: JsonValueKind.String } text
        && int.TryParse(text.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out int read)
            ? read
        : null;

    private static JsonElement? First(JsonElement item, string[] names)
    {
        foreach (string name in names)
        {
            if (item.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null) return value;
        }

        return null;
    }

    private sealed record Span(int Start, int End, string Type, string? Text);
}
