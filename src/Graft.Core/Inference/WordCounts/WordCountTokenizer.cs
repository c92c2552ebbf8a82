using System.Text;
using System.Text.Json.Nodes;
using Graft.Tokenizers;

namespace Graft.Inference.WordCounts;

/// <summary>
/// Words and punctuation marks in lower case, as a tokenizer whose vocabulary is what training texts have; the second text of a pair is
/// segment 1.
/// </summary>
internal static class WordCountTokenizer
{
    /// <summary>The id of words that training texts do not have.</summary>
    public const int Unknown = 0;

    private const string UnknownToken = "[UNK]";

    /// <summary>Collects the vocabulary.</summary>
    /// <param name="texts">Texts or pairs.</param>
    public static Tokenizer Of(IEnumerable<(string Text, string? Pair)> texts)
    {
        Tokenizer splitter = From([]);
        HashSet<string> words = new(StringComparer.Ordinal);
        foreach (string text in texts.SelectMany(row => row.Pair is null ? [row.Text] : new[] { row.Text, row.Pair }))
        {
            foreach (TextRange range in splitter.Encode(text).Offsets)
                words.Add(Evaluation.UnicodeText.ToLower(text[range.Start..range.End]));
        }

        words.Remove(UnknownToken);
        return From(words.Order(StringComparer.Ordinal));
    }

    private static Tokenizer From(IEnumerable<string> words)
    {
        JsonObject vocabulary = new() { [UnknownToken] = Unknown };
        foreach (string word in words) vocabulary[word] = vocabulary.Count;
        JsonObject json = new()
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(),
            ["normalizer"] = new JsonObject { ["type"] = "Lowercase" },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
            ["post_processor"] = new JsonObject
            {
                ["type"] = "TemplateProcessing",
                ["single"] = new JsonArray(Part("A", 0)),
                ["pair"] = new JsonArray(Part("A", 0), Part("B", 1)),
                ["special_tokens"] = new JsonObject(),
            },
            ["model"] = new JsonObject { ["type"] = "WordLevel", ["vocab"] = vocabulary, ["unk_token"] = UnknownToken },
        };
        return Tokenizer.FromJson(Encoding.UTF8.GetBytes(json.ToJsonString()));

        static JsonObject Part(string text, int segment) =>
            new()
            {
                ["Sequence"] = new JsonObject { ["id"] = text, ["type_id"] = segment },
            };
    }
}
