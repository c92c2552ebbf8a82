using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Graft.Tests.Cases;

/// <summary>What must hold of a command: exit code, patterns of its two streams, values of JSON that it wrote.</summary>
internal static class Expectation
{
    private const double DefaultTolerance = 1e-6;

    /// <summary>What falls short; empty where all holds.</summary>
    public static List<string> Faults(JsonObject expected, CommandResult result, string work)
    {
        List<string> faults = [];
        int[] codes = expected["exit"]?.AsArray().Select(code => (int)code!).ToArray() ?? [0];
        if (!codes.Contains(result.ExitCode)) faults.Add($"exit {result.ExitCode}, wanted {string.Join(" or ", codes)}");
        if (result.Error.Contains("   at ", StringComparison.Ordinal)) faults.Add("a stack trace");
        if (result.ExitCode == 2 && Lines(result.Error).Count(line => line.StartsWith("graft:", StringComparison.Ordinal)) != 1)
            faults.Add("an error is one line that starts with graft:");
        faults.AddRange(
            Patterns("stderr_has").Where(pattern => !Matches(result.Error, pattern)).Select(pattern => $"stderr lacks /{pattern}/")
        );
        faults.AddRange(
            Patterns("stderr_lacks").Where(pattern => Matches(result.Error, pattern)).Select(pattern => $"stderr has /{pattern}/")
        );
        faults.AddRange(
            Patterns("stdout_has").Where(pattern => !Matches(result.Output, pattern)).Select(pattern => $"stdout lacks /{pattern}/")
        );
        if ((int?)expected["stdout_lines"] is int count && Lines(result.Output).Count() != count)
            faults.Add($"{Lines(result.Output).Count()} lines of output, wanted {count}");
        double tolerance = (double?)expected["tolerance"] ?? DefaultTolerance;
        Compare("stdout is not one JSON document", () => JsonNode.Parse(result.Output), expected["json"]);
        Compare(
            "stdout is not JSON Lines",
            () => new JsonArray([.. Lines(result.Output).Select(line => JsonNode.Parse(line))]),
            expected["jsonl"]
        );
        foreach ((string file, JsonNode? wanted) in expected["files"]?.AsObject() ?? [])
            Compare($"{file} is not there or no JSON", () => JsonNode.Parse(File.ReadAllText(Path.Combine(work, file))), wanted);
        return faults;

        IEnumerable<string> Patterns(string key) => expected[key]?.AsArray().Select(pattern => (string)pattern!) ?? [];

        void Compare(string failure, Func<JsonNode?> read, JsonNode? wanted)
        {
            if (wanted is null) return;
            try
            {
                JsonNode? document = read();
                faults.AddRange(wanted.AsObject().Select(pair => Difference(document, pair.Key, pair.Value, tolerance)).OfType<string>());
            }
            catch (Exception exception) when (exception is JsonException or IOException)
            {
                faults.Add(failure);
            }
        }
    }

    private static string? Difference(JsonNode? document, string path, JsonNode? wanted, double tolerance)
    {
        bool isThere = TryFind(document, path, out JsonNode? found);
        bool holds = wanted switch
        {
            JsonObject { Count: 1 } condition when condition["at_least"] is JsonNode least => Number(found) >= Number(least),
            JsonObject { Count: 1 } condition when condition["matches"] is JsonNode pattern =>
                found is JsonValue value && value.TryGetValue(out string? text) && Matches(text, (string)pattern!),
            _ => isThere && Same(found, wanted, tolerance),
        };
        return holds ? null : $"{path} is {(isThere ? Shown(found) : "absent")}, wanted {Shown(wanted)}";
    }

    /// <summary>Keys and list indices joined by "/"; -1 is the last.</summary>
    private static bool TryFind(JsonNode? node, string path, out JsonNode? found)
    {
        found = node;
        foreach (string part in path.Split('/'))
        {
            if (
                found is JsonArray items
                && int.TryParse(part, CultureInfo.InvariantCulture, out int index)
                && index >= -items.Count
                && index < items.Count
            )
                found = items[index < 0 ? items.Count + index : index];
            else if (found is not JsonObject members || !members.TryGetPropertyValue(part, out found))
                return false;
        }

        return true;
    }

    private static bool Same(JsonNode? found, JsonNode? wanted, double tolerance) =>
        (found, wanted) switch
        {
            (null, null) => true,
            (JsonObject f, JsonObject w) => f.Count == w.Count
                && w.All(pair => f.TryGetPropertyValue(pair.Key, out JsonNode? value) && Same(value, pair.Value, tolerance)),
            (JsonArray f, JsonArray w) => f.Count == w.Count && f.Zip(w).All(pair => Same(pair.First, pair.Second, tolerance)),
            (JsonValue f, JsonValue w) when f.GetValueKind() == JsonValueKind.Number && w.GetValueKind() == JsonValueKind.Number => IsWhole(
                f
            ) && IsWhole(w)
                ? Number(f) == Number(w)
                : Math.Abs(Number(f) - Number(w)) <= tolerance * Math.Max(1, Math.Abs(Number(w))),
            (JsonValue f, JsonValue w) => JsonNode.DeepEquals(f, w),
            _ => false,
        };

    private static bool IsWhole(JsonNode node) => node.ToJsonString().AsSpan().IndexOfAny(".eE") < 0;

    private static double Number(JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.Number ? value.GetValue<double>() : double.NaN;

    private static bool Matches(string? text, string pattern) => text is not null && Regex.IsMatch(text, pattern, RegexOptions.IgnoreCase);

    private static IEnumerable<string> Lines(string text) =>
        text.TrimEnd('\n').Split('\n').Where(line => text.Length > 0).Select(line => line.TrimEnd('\r'));

    private static string Shown(JsonNode? node)
    {
        string text = node?.ToJsonString() ?? "null";
        return text.Length <= 160 ? text : text[..160] + "…";
    }
}
