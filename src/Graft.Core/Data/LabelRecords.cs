using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Graft.Data;

/// <summary>What a person did to a text.</summary>
internal enum LabelAct
{
    /// <summary>Gave it labels.</summary>
    Label,

    /// <summary>Left it out.</summary>
    Skip,

    /// <summary>Took their last act on it back.</summary>
    Undo,

    /// <summary>Decided between people who disagreed; counts before every other act.</summary>
    Decide,
}

/// <summary>One line of the file that <c>graft label</c> appends to.</summary>
/// <param name="Act">What was done.</param>
/// <param name="Id">The text's id.</param>
/// <param name="By">The name of the person.</param>
/// <param name="Labels">The labels given; several only where the task takes several.</param>
internal sealed record LabelRecord(LabelAct Act, string Id, string By, IReadOnlyList<string> Labels)
{
    /// <value>The text.</value>
    public string Text { get; init; } = "";

    /// <value>The second text of a pair.</value>
    public string? Pair { get; init; }

    /// <value>What the person wrote beside it.</value>
    public string? Note { get; init; }

    /// <value>Whether the text was drawn at random: only those tell how good the model is.</value>
    public bool Random { get; init; }

    /// <value>Whether the task takes several labels: they are then a list, even of one.</value>
    public bool Several { get; init; }

    /// <value>When.</value>
    public DateTimeOffset At { get; init; }
}

/// <summary>
/// The format of labels as they are given: JSON Lines to which only is appended. For each person the last record of an id counts, an
/// <c>undo</c> record takes the person's act on that id back, a <c>decide</c> record counts before those of all people, and of several
/// people the last counts.
/// <code>
/// {"record":"label","id":"7","by":"anna","at":"2026-12-01T09:30:00Z","text":"a fine film","label":"positive"}
/// {"record":"undo","id":"7","by":"anna","at":"2026-12-01T09:30:04Z"}
/// </code>
/// Every reader of labelled data in JSON Lines knows it, so the file is training data at any moment.
/// </summary>
internal static class LabelRecords
{
    private static readonly JsonWriterOptions s_writing = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Whether an object is such a record.</summary>
    public static bool IsRecord(JsonElement line) =>
        line.ValueKind == JsonValueKind.Object
        && line.TryGetProperty("record", out JsonElement act)
        && act.ValueKind == JsonValueKind.String
        && ActOf(act.GetString()) is not null
        && IsText(line, "id")
        && IsText(line, "by")
        && IsText(line, "at");

    /// <summary>The record of a line; null where it is none.</summary>
    public static LabelRecord? Read(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            if (!IsRecord(root)) return null;
            bool several = root.TryGetProperty("labels", out JsonElement list) && list.ValueKind == JsonValueKind.Array;
            string[] labels =
                several ? [.. list.EnumerateArray().Select(label => label.ToString())]
                : Text(root, "label") is string label ? [label]
                : [];
            return new LabelRecord(
                ActOf(root.GetProperty("record").GetString())!.Value,
                root.GetProperty("id").GetString()!,
                root.GetProperty("by").GetString()!,
                labels
            )
            {
                Text = Text(root, "text") ?? "",
                Pair = Text(root, "pair"),
                Note = Text(root, "note"),
                Random = root.TryGetProperty("random", out JsonElement random) && random.ValueKind == JsonValueKind.True,
                Several = several,
                At = DateTimeOffset.TryParse(
                    root.GetProperty("at").GetString(),
                    CultureInfo.InvariantCulture,
                    DateTimeStyles.AssumeUniversal,
                    out DateTimeOffset at
                )
                    ? at
                    : default,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The line of a record, line feed included.</summary>
    public static byte[] Line(LabelRecord record)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, s_writing))
        {
            json.WriteStartObject();
            json.WriteString("record", NameOf(record.Act));
            json.WriteString("id", record.Id);
            json.WriteString("by", record.By);
            json.WriteString("at", record.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            if (record.Act is LabelAct.Label or LabelAct.Decide)
            {
                json.WriteString("text", record.Text);
                if (record.Pair is not null) json.WriteString("pair", record.Pair);
                if (record.Several)
                {
                    json.WriteStartArray("labels");
                    foreach (string label in record.Labels) json.WriteStringValue(label);
                    json.WriteEndArray();
                }
                else
                {
                    json.WriteString("label", record.Labels[0]);
                }
            }

            if (record.Random) json.WriteBoolean("random", true);
            if (!string.IsNullOrEmpty(record.Note)) json.WriteString("note", record.Note);
            json.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    /// <summary>The lines that count, in the file's order; a last line that a killed process left unfinished is none of them.</summary>
    /// <param name="path">Names the file in errors.</param>
    /// <param name="lines">The file's lines with their numbers.</param>
    /// <exception cref="InputException">A line amid the others is no record.</exception>
    public static IReadOnlyList<(long Number, string Text)> Effective(string path, IEnumerable<(long Number, string Text)> lines)
    {
        LabelStandings<(long, string)> standings = new();
        long broken = 0;
        foreach ((long number, string text) in lines)
        {
            if (string.IsNullOrWhiteSpace(text))
                continue;
            if (broken > 0)
                throw new InputException(
                    FormattableString.Invariant(
                        $"{path}, line {broken}: no record of graft label, though the file's others are; mend or remove the line"
                    )
                );
            if (Read(text) is LabelRecord record)
                standings.Add(record, (number, text));
            else
                broken = number;
        }

        return
        [
            .. standings
                .Ids.Select(standings.Winner)
                .Where(winner => winner is not null)
                .Select(winner => winner!.Value.Tag)
                .OrderBy(line => line.Item1),
        ];
    }

    private static string NameOf(LabelAct act) =>
        act switch
        {
            LabelAct.Label => "label",
            LabelAct.Skip => "skip",
            LabelAct.Undo => "undo",
            _ => "decide",
        };

    private static LabelAct? ActOf(string? name) =>
        name switch
        {
            "label" => LabelAct.Label,
            "skip" => LabelAct.Skip,
            "undo" => LabelAct.Undo,
            "decide" => LabelAct.Decide,
            _ => null,
        };

    private static bool IsText(JsonElement line, string key) =>
        line.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.String;

    private static string? Text(JsonElement line, string key) => IsText(line, key) ? line.GetProperty(key).GetString() : null;
}

/// <summary>The labels that each person gave each id, by the records so far.</summary>
/// <typeparam name="T">What is kept beside each record.</typeparam>
internal sealed class LabelStandings<T>
{
    private readonly Dictionary<string, Dictionary<string, (LabelRecord Record, T Tag, long Order)>> _ids = new(StringComparer.Ordinal);
    private long _order;

    /// <summary>The ids that any record names.</summary>
    public IEnumerable<string> Ids => _ids.Keys;

    /// <summary>Takes a record in.</summary>
    public void Add(LabelRecord record, T tag)
    {
        if (!_ids.TryGetValue(record.Id, out Dictionary<string, (LabelRecord, T, long)>? people))
            _ids[record.Id] = people = new(StringComparer.Ordinal);
        string decision = record.By + "\0decide"; // beside what the person said before, not instead of it
        if (record.Act != LabelAct.Undo) people[record.Act == LabelAct.Decide ? decision : record.By] = (record, tag, ++_order);
        else if (!people.Remove(decision)) people.Remove(record.By);
    }

    /// <summary>What people say of an id now, by name.</summary>
    public IEnumerable<LabelRecord> Of(string id) =>
        _ids.TryGetValue(id, out var people) ? people.Values.OrderBy(entry => entry.Order).Select(entry => entry.Record) : [];

    /// <summary>What a person says of an id now.</summary>
    public LabelRecord? Of(string id, string by) =>
        _ids.TryGetValue(id, out var people) && people.TryGetValue(by, out var entry) ? entry.Record : null;

    /// <summary>The record that counts for an id: a decision, else the last labels; null where there are none.</summary>
    public (LabelRecord Record, T Tag)? Winner(string id)
    {
        if (!_ids.TryGetValue(id, out var people)) return null;
        (LabelRecord Record, T Tag, long Order) best = default;
        foreach ((LabelRecord Record, T Tag, long Order) entry in people.Values)
        {
            if (entry.Record.Act == LabelAct.Skip) continue;
            bool decides = entry.Record.Act == LabelAct.Decide, bestDecides = best.Record?.Act == LabelAct.Decide;
            if (best.Record is null || (decides && !bestDecides) || (decides == bestDecides && entry.Order > best.Order)) best = entry;
        }

        return best.Record is null ? null : (best.Record, best.Tag);
    }
}
