using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Graft.Runs;

/// <summary>A run goes on to the same bits only with what it was begun with.</summary>
internal static class RunDifference
{
    private static readonly JsonSerializerOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Refuses to go on with other options.</summary>
    /// <param name="path">The record of the run; nothing is refused where there is none.</param>
    /// <param name="now">The record as this start would write it.</param>
    /// <param name="unimportant">Keys that change no result; those inside an object by their own name.</param>
    /// <exception cref="InputException">Names the option, what it was and what it is.</exception>
    public static void RequireSame(string path, JsonObject now, params IReadOnlyCollection<string> unimportant)
    {
        if (!File.Exists(path)) return;
        JsonObject then;
        try
        {
            then = JsonNode.Parse(File.ReadAllBytes(path))!.AsObject();
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new InputException($"{path}: not the record of a run; overwrite it to start anew", failure);
        }

        if (Difference(then, JsonNode.Parse(now.ToJsonString())!.AsObject(), unimportant) is not { } difference) return;
        (string key, JsonNode? before, JsonNode? after) = difference;
        throw new InputException(
            $"{path}: the run was begun with {key} {Text(before)}, not {Text(after)}; resume with the same, or overwrite it to start anew"
        );
    }

    /// <summary>The first option that differs. What the record does not have, an older version did not know: no difference.</summary>
    private static (string Key, JsonNode? Before, JsonNode? After)? Difference(
        JsonObject then,
        JsonObject now,
        IReadOnlyCollection<string> unimportant
    )
    {
        foreach ((string key, JsonNode? after) in now)
        {
            if (unimportant.Contains(key) || !then.TryGetPropertyValue(key, out JsonNode? before) || JsonNode.DeepEquals(before, after))
                continue;
            if (before is JsonObject a && after is JsonObject b)
            {
                if (Difference(a, b, unimportant) is { } inner) return inner with { Key = $"{key}.{inner.Key}" };
                continue;
            }

            return (key, before, after);
        }

        return null;
    }

    private static string Text(JsonNode? value) => value?.ToJsonString(s_line) ?? "null";
}
