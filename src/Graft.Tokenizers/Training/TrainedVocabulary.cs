using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Graft.Tokenizers.Training;

/// <summary>
/// What a trainer learnt, and how to write it: a <c>tokenizer.json</c> and the classic files beside it, as Hugging Face's library reads
/// them.
/// </summary>
public sealed class TrainedVocabulary
{
    private readonly IReadOnlyDictionary<string, Action<Utf8JsonWriter>> _parts;
    private readonly IReadOnlyList<string> _specialTokens;
    private readonly string _tokenizerClass;

    private TrainedVocabulary(
        IReadOnlyList<string> tokens,
        IReadOnlyList<string> specialTokens,
        string tokenizerClass,
        IReadOnlyDictionary<string, Action<Utf8JsonWriter>> parts
    )
    {
        Tokens = tokens;
        _specialTokens = specialTokens;
        _tokenizerClass = tokenizerClass;
        _parts = parts;
    }

    /// <summary>The tokens; the index is the id.</summary>
    public IReadOnlyList<string> Tokens { get; }

    /// <summary>BPE: the merges in order of rank, as pairs of ids. Otherwise empty.</summary>
    public IReadOnlyList<(int Left, int Right)> Merges { get; private init; } = [];

    /// <summary>Unigram: the log probability of each token. Otherwise empty.</summary>
    public IReadOnlyList<double> Scores { get; private init; } = [];

    // What a reader that takes the classic files must know beside its class.
    private IReadOnlyList<(string Name, bool Value)> Settings { get; init; } = [];

    private bool IsWordPiece => _tokenizerClass == "BertTokenizer";

    /// <summary>The tokenizer of this vocabulary, ready to encode.</summary>
    public Tokenizer ToTokenizer() => Tokenizer.FromJson(System.Text.Encoding.UTF8.GetBytes(ToTokenizerJson()));

    /// <summary>The text of the <c>tokenizer.json</c>.</summary>
    public string ToTokenizerJson()
    {
        using MemoryStream stream = new();
        using (
            Utf8JsonWriter json = new(
                stream,
                new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
            )
        )
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            json.WriteNull("truncation");
            json.WriteNull("padding");
            WriteAddedTokens(json);
            foreach (string part in new[] { "normalizer", "pre_tokenizer", "post_processor", "decoder", "model" })
            {
                json.WritePropertyName(part);
                if (_parts.TryGetValue(part, out Action<Utf8JsonWriter>? write)) write(json);
                else json.WriteNullValue();
            }

            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>
    /// Writes <c>tokenizer.json</c>, <c>tokenizer_config.json</c> and the classic files: <c>vocab.txt</c> (WordPiece), <c>vocab.json</c>
    /// and <c>merges.txt</c> (BPE).
    /// Each file is written under a temporary name and renamed when it is whole.
    /// </summary>
    /// <exception cref="InputException">The folder cannot be written.</exception>
    public void Save(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            WriteFile(folder, "tokenizer.json", ToTokenizerJson());
            WriteFile(folder, "tokenizer_config.json", Json(WriteConfig));
            if (IsWordPiece)
                WriteFile(folder, "vocab.txt", string.Concat(Tokens.Select(token => token + "\n")));
            if (Merges.Count > 0)
                WriteFile(folder, "vocab.json", Json(WriteVocabulary));
            if (Merges.Count > 0)
                WriteFile(
                    folder,
                    "merges.txt",
                    "#version: 0.2\n" + string.Concat(Merges.Select(m => $"{Tokens[m.Left]} {Tokens[m.Right]}\n"))
                );
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{folder}: the tokenizer cannot be written: {error.Message}", error);
        }
    }

    internal static TrainedVocabulary WordPiece(IReadOnlyList<string> tokens, WordPieceTrainerOptions options) =>
        new(
            tokens,
            options.SpecialTokens,
            "BertTokenizer",
            new Dictionary<string, Action<Utf8JsonWriter>>(StringComparer.Ordinal)
            {
                ["normalizer"] = json =>
                {
                    json.WriteStartObject();
                    json.WriteString("type", "BertNormalizer");
                    json.WriteBoolean("clean_text", options.CleanText);
                    json.WriteBoolean("handle_chinese_chars", options.HandleChineseChars);
                    if (options.StripAccents is bool strip)
                        json.WriteBoolean("strip_accents", strip);
                    else
                        json.WriteNull("strip_accents");
                    json.WriteBoolean("lowercase", options.LowerCase);
                    json.WriteEndObject();
                },
                ["pre_tokenizer"] = json => WriteObject(json, ("type", "BertPreTokenizer")),
                ["post_processor"] = json => TrainedParts.WriteBertTemplate(json, tokens),
                ["decoder"] = json => WriteObject(json, ("type", "WordPiece"), ("prefix", options.ContinuingPrefix), ("cleanup", true)),
                ["model"] = json =>
                {
                    json.WriteStartObject();
                    json.WriteString("type", "WordPiece");
                    json.WriteString("unk_token", "[UNK]");
                    json.WriteString("continuing_subword_prefix", options.ContinuingPrefix);
                    json.WriteNumber("max_input_chars_per_word", 100);
                    TrainedParts.WriteVocabulary(json, tokens);
                    json.WriteEndObject();
                },
            }
        )
        {
            Settings =
            [
                ("do_lower_case", options.LowerCase),
                ("tokenize_chinese_chars", options.HandleChineseChars),
                .. options.StripAccents is bool strip ? [("strip_accents", strip)] : Array.Empty<(string, bool)>(),
            ],
        };

    internal static TrainedVocabulary Bpe(
        IReadOnlyList<string> tokens,
        IReadOnlyList<(int Left, int Right)> merges,
        BpeTrainerOptions options
    ) =>
        new(
            tokens,
            options.FirstTokens,
            options.ByteLevel ? "GPT2Tokenizer" : "PreTrainedTokenizerFast",
            new Dictionary<string, Action<Utf8JsonWriter>>(StringComparer.Ordinal)
            {
                ["pre_tokenizer"] = json => WritePreTokenizer(json, options),
                ["decoder"] = json => WriteByteLevelDecoder(json, options.ByteLevel),
                ["model"] = json => TrainedParts.WriteBpe(json, tokens, merges, options),
            }
        )
        {
            Merges = merges,
            Settings = options.ByteLevel ? [("add_prefix_space", options.AddPrefixSpace)] : [],
        };

    internal static TrainedVocabulary Unigram(IReadOnlyList<string> tokens, IReadOnlyList<double> scores, UnigramTrainerOptions options) =>
        new(
            tokens,
            options.SpecialTokens,
            "PreTrainedTokenizerFast",
            new Dictionary<string, Action<Utf8JsonWriter>>(StringComparer.Ordinal)
            {
                ["normalizer"] = json => WriteObject(json, ("type", "NFKC")),
                ["pre_tokenizer"] = WriteMetaspace,
                ["decoder"] = WriteMetaspace,
                ["model"] = json => TrainedParts.WriteUnigram(json, tokens, scores, options),
            }
        )
        {
            Scores = scores,
        };

    private static void WritePreTokenizer(Utf8JsonWriter json, BpeTrainerOptions options) =>
        WriteObject(
            json,
            options.ByteLevel
                ? [("type", "ByteLevel"), ("add_prefix_space", options.AddPrefixSpace), ("trim_offsets", true), ("use_regex", true)]
                : [("type", "Whitespace")]
        );

    // Words of characters have no mark of their own: without a decoder they are joined with spaces.
    private static void WriteByteLevelDecoder(Utf8JsonWriter json, bool byteLevel)
    {
        if (byteLevel) WriteObject(json, ("type", "ByteLevel"), ("add_prefix_space", true), ("trim_offsets", true), ("use_regex", true));
        else json.WriteNullValue();
    }

    private static void WriteMetaspace(Utf8JsonWriter json) =>
        WriteObject(json, ("type", "Metaspace"), ("replacement", "▁"), ("prepend_scheme", "always"), ("split", true));

    private static void WriteObject(Utf8JsonWriter json, params ReadOnlySpan<(string Name, object Value)> members)
    {
        json.WriteStartObject();
        foreach ((string name, object value) in members)
        {
            if (value is bool flag) json.WriteBoolean(name, flag);
            else json.WriteString(name, (string)value);
        }

        json.WriteEndObject();
    }

    private void WriteAddedTokens(Utf8JsonWriter json)
    {
        json.WriteStartArray("added_tokens");
        for (int id = 0; id < _specialTokens.Count; id++)
        {
            // Pieces named among the first tokens only to fix their ids are ordinary tokens.
            if (_specialTokens[id].StartsWith("##", StringComparison.Ordinal)) continue;
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", _specialTokens[id]);
            foreach (string flag in new[] { "single_word", "lstrip", "rstrip", "normalized" }) json.WriteBoolean(flag, false);
            json.WriteBoolean("special", true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteConfig(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("tokenizer_class", _tokenizerClass);
        foreach ((string name, bool value) in Settings) json.WriteBoolean(name, value);
        foreach (string token in _specialTokens)
        {
            if (TrainedParts.RoleOf(token) is string role) json.WriteString(role, token);
        }

        json.WriteEndObject();
    }

    private void WriteVocabulary(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        for (int id = 0; id < Tokens.Count; id++) json.WriteNumber(Tokens[id], id);
        json.WriteEndObject();
    }

    private static string Json(Action<Utf8JsonWriter> write)
    {
        using MemoryStream stream = new();
        using (
            Utf8JsonWriter json = new(
                stream,
                new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
            )
        )
            write(json);
        return System.Text.Encoding.UTF8.GetString(stream.ToArray()) + "\n";
    }

    private static void WriteFile(string folder, string name, string text)
    {
        string target = Path.Combine(folder, name);
        string temporary = target + ".partial";
        using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, target, overwrite: true);
    }
}
