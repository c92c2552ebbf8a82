using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Models;
using Graft.Tokenizers.Normalizers;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.Added;

/// <summary>The added tokens of a tokenizer: found in the text before anything else, and named in decoding before the model's.</summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<int, AddedToken> _byId = [];
    private readonly Dictionary<string, AddedToken> _byContent = new(StringComparer.Ordinal);

    public AddedTokens(IReadOnlyList<AddedToken> tokens, Normalizer? normalizer)
    {
        Tokens = tokens;
        foreach (AddedToken token in tokens)
        {
            _byId[token.Id] = token;
            _byContent[token.Content] = token;
        }

        // Special tokens come first, as they win where two look the same.
        AddedToken[] ordered = [.. tokens.OrderBy(token => token.Special ? 0 : 1)];
        InOriginal = new([.. ordered.Where(token => !token.Normalized).Select(token => (token.Content, token))]);
        InNormalized = new([.. ordered.Where(token => token.Normalized).Select(token => (Normalize(token.Content, normalizer), token))]);
    }

    /// <summary>All added tokens, in the order of their file.</summary>
    public IReadOnlyList<AddedToken> Tokens { get; }

    /// <summary>Finds the tokens that are looked for in the original text.</summary>
    public AddedTokenMatcher InOriginal { get; }

    /// <summary>Finds the tokens that are looked for in the normalized text.</summary>
    public AddedTokenMatcher InNormalized { get; }

    public AddedToken? WithId(int id) => _byId.GetValueOrDefault(id);

    public AddedToken? WithContent(string content) => _byContent.GetValueOrDefault(content);

    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray("added_tokens");
        foreach (AddedToken token in Tokens.OrderBy(token => token.Id))
        {
            json.WriteStartObject();
            json.WriteNumber("id", token.Id);
            json.WriteString("content", token.Content);
            json.WriteBoolean("single_word", token.SingleWord);
            json.WriteBoolean("lstrip", token.LeftStrip);
            json.WriteBoolean("rstrip", token.RightStrip);
            json.WriteBoolean("normalized", token.Normalized);
            json.WriteBoolean("special", token.Special);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static List<AddedToken> Read(JsonPart? part, Vocabulary vocabulary)
    {
        List<AddedToken> tokens = [];
        if (part is null) return tokens;
        foreach (JsonPart item in part.Value.Items())
        {
            string content = item.Member("content").AsString();
            int id = item.Member("id").AsInt();
            if (id is < 0 or >= Vocabulary.IdLimit) throw item.Error($"the id {id} is outside 0…{Vocabulary.IdLimit - 1}");
            int known = vocabulary.IdOf(content);
            bool special = item.Bool("special", false);
            tokens.Add(new(content, known >= 0 ? known : id)
            {
                Special = special,
                SingleWord = item.Bool("single_word", false),
                LeftStrip = item.Bool("lstrip", false),
                RightStrip = item.Bool("rstrip", false),
                Normalized = item.Bool("normalized", !special),
            });
        }

        return tokens;
    }

    private static string Normalize(string content, Normalizer? normalizer)
    {
        if (normalizer is null) return content;
        NormalizedText text = new();
        text.Reset(content, 0);
        normalizer.Apply(text);
        return new string(text.Units);
    }
}
