using System.Text;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Tokenizers;

namespace Graft.Inference.StaticVectors;

/// <summary>
/// A tokenizer.json as static models use it: no special token is put around a text; the second text of a pair is segment 1.
/// </summary>
/// <param name="Tokenizer">Without special tokens.</param>
/// <param name="UnknownId">The model's unknown token; −1 for none.</param>
/// <param name="MaxLength">The file's truncation; null for none.</param>
/// <param name="MedianLength">The median number of characters of its tokens.</param>
internal sealed record StaticTokenizer(Tokenizer Tokenizer, int UnknownId, int? MaxLength, int MedianLength)
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">It is missing or damaged, or has a part that Graft does not know.</exception>
    public static StaticTokenizer Load(string path)
    {
        if (!File.Exists(path)) throw new InputException($"{path}: no such file: a static model has a tokenizer.json beside its vectors");
        return From(ModelJson.ReadObject(path), path);
    }

    /// <summary>The tokenizer of a document.</summary>
    /// <inheritdoc cref="Load"/>
    public static StaticTokenizer From(JsonObject json, string path)
    {
        int? limit = json["truncation"] is JsonObject truncation ? ModelJson.Positive(truncation, "max_length", path) : null;
        json["truncation"] = null;
        json["padding"] = null;
        json["post_processor"] = new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = new JsonArray(Part("A", 0)),
            ["pair"] = new JsonArray(Part("A", 0), Part("B", 1)),
            ["special_tokens"] = new JsonObject(),
        };
        Tokenizer tokenizer = Tokenizer.FromJson(Encoding.UTF8.GetBytes(json.ToJsonString()), path);
        int unknown = ModelJson.Text(json["model"]?["unk_token"]) is string token ? tokenizer.TokenToId(token) ?? -1 : -1;
        return new StaticTokenizer(tokenizer, unknown, limit, MedianOf(tokenizer));

        static JsonObject Part(string text, int segment) =>
            new()
            {
                ["Sequence"] = new JsonObject { ["id"] = text, ["type_id"] = segment },
            };
    }

    /// <summary>The median of the tokens' lengths in code points, cut to a whole number.</summary>
    private static int MedianOf(Tokenizer tokenizer)
    {
        List<int> lengths = new(tokenizer.IdEnd);
        for (int id = 0; id < tokenizer.IdEnd; id++)
        {
            if (tokenizer.IdToToken(id) is string token) lengths.Add(token.EnumerateRunes().Count());
        }

        lengths.Sort();
        int middle = lengths.Count / 2;
        return lengths.Count == 0 ? 0 : lengths.Count % 2 == 1 ? lengths[middle] : (lengths[middle - 1] + lengths[middle]) / 2;
    }
}
