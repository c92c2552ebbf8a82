using System.Text.Json.Nodes;

namespace Graft.Tests.Pretrained;

/// <summary>Seeded damage to a JSON file: values swapped, keys dropped, doubled or renamed, values of another kind, bytes cut.</summary>
internal static class JsonMutations
{
    private static readonly string[] s_values = ["null", "true", "-1", "\"\"", "[]", "{}", "[null]", "1e300", "\"x\"", "{\"0\": []}"];

    /// <summary>One change.</summary>
    public static string Mutate(string text, CounterRandom random)
    {
        if (random.NextInt(4) == 0) return text[..random.NextInt(text.Length)];
        JsonNode root = JsonNode.Parse(text)!;
        List<JsonObject> objects = [.. Objects(root).Where(found => found.Count > 0)];
        if (objects.Count == 0) return text[..(text.Length / 2)];
        JsonObject chosen = objects[random.NextInt(objects.Count)];
        string[] keys = [.. chosen.Select(pair => pair.Key)];
        string key = keys[random.NextInt(keys.Length)], other = keys[random.NextInt(keys.Length)];
        switch (random.NextInt(5))
        {
            case 0:
                chosen.Remove(key);
                break;
            case 1:
                (JsonNode? one, JsonNode? two) = (chosen[key]?.DeepClone(), chosen[other]?.DeepClone());
                (chosen[key], chosen[other]) = (two, one);
                break;
            case 2:
                chosen[key + "_"] = chosen[key]?.DeepClone();
                chosen.Remove(key);
                break;
            case 3:
                string whole = root.ToJsonString(), entry = $"\"{key}\":";
                int place = whole.IndexOf(entry, StringComparison.Ordinal);
                return place < 0 ? whole : whole.Insert(place, $"{entry}{s_values[random.NextInt(s_values.Length)]},"); // the key twice
            default:
                chosen[key] = JsonNode.Parse(s_values[random.NextInt(s_values.Length)]);
                break;
        }

        return root.ToJsonString();
    }

    private static IEnumerable<JsonObject> Objects(JsonNode? node) => node switch
    {
        JsonObject found => found.SelectMany(pair => Objects(pair.Value)).Prepend(found),
        JsonArray list => list.SelectMany(Objects),
        _ => [],
    };
}
