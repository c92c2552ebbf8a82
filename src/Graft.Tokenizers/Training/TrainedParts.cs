using System.Text.Json;

namespace Graft.Tokenizers.Training;

/// <summary>The larger parts of the <c>tokenizer.json</c> that trainers write.</summary>
internal static class TrainedParts
{
    /// <summary>The key of <c>tokenizer_config.json</c> that a special token belongs under, or null.</summary>
    public static string? RoleOf(string token) => token switch
    {
        "[PAD]" or "<pad>" => "pad_token",
        "[UNK]" or "<unk>" => "unk_token",
        "[CLS]" => "cls_token",
        "[SEP]" => "sep_token",
        "[MASK]" or "<mask>" => "mask_token",
        "<s>" => "bos_token",
        "</s>" => "eos_token",
        _ => null,
    };

    public static void WriteVocabulary(Utf8JsonWriter json, IReadOnlyList<string> tokens)
    {
        json.WriteStartObject("vocab");
        for (int id = 0; id < tokens.Count; id++) json.WriteNumber(tokens[id], id);
        json.WriteEndObject();
    }

    public static void WriteBpe(
        Utf8JsonWriter json,
        IReadOnlyList<string> tokens,
        IReadOnlyList<(int Left, int Right)> merges,
        BpeTrainerOptions options
    )
    {
        json.WriteStartObject();
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        if (!options.ByteLevel && options.FirstTokens.FirstOrDefault(token => RoleOf(token) == "unk_token") is string unknown)
            json.WriteString("unk_token", unknown);
        else
            json.WriteNull("unk_token");
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        foreach (string flag in new[] { "fuse_unk", "byte_fallback", "ignore_merges" }) json.WriteBoolean(flag, false);
        WriteVocabulary(json, tokens);
        json.WriteStartArray("merges");
        foreach ((int left, int right) in merges)
        {
            json.WriteStartArray();
            json.WriteStringValue(tokens[left]);
            json.WriteStringValue(tokens[right]);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void WriteUnigram(
        Utf8JsonWriter json,
        IReadOnlyList<string> tokens,
        IReadOnlyList<double> scores,
        UnigramTrainerOptions options
    )
    {
        json.WriteStartObject();
        json.WriteString("type", "Unigram");
        json.WriteNumber("unk_id", tokens.ToList().IndexOf(options.UnknownToken));
        json.WriteStartArray("vocab");
        for (int id = 0; id < tokens.Count; id++)
        {
            json.WriteStartArray();
            json.WriteStringValue(tokens[id]);
            json.WriteNumberValue(scores[id]);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteBoolean("byte_fallback", false);
        json.WriteEndObject();
    }

    /// <summary><c>[CLS] A [SEP]</c>, <c>[CLS] A [SEP] B [SEP]</c>; null when the vocabulary lacks these tokens.</summary>
    public static void WriteBertTemplate(Utf8JsonWriter json, IReadOnlyList<string> tokens)
    {
        List<string> list = [.. tokens.Take(1000)];
        (int cls, int sep) = (list.IndexOf("[CLS]"), list.IndexOf("[SEP]"));
        if (cls < 0 || sep < 0)
        {
            json.WriteNullValue();
            return;
        }

        json.WriteStartObject();
        json.WriteString("type", "TemplateProcessing");
        WriteItems("single", ["[CLS]:0", "A:0", "[SEP]:0"]);
        WriteItems("pair", ["[CLS]:0", "A:0", "[SEP]:0", "B:1", "[SEP]:1"]);
        json.WriteStartObject("special_tokens");
        foreach ((string token, int id) in new[] { ("[CLS]", cls), ("[SEP]", sep) })
        {
            json.WriteStartObject(token);
            json.WriteString("id", token);
            json.WriteStartArray("ids");
            json.WriteNumberValue(id);
            json.WriteEndArray();
            json.WriteStartArray("tokens");
            json.WriteStringValue(token);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();

        void WriteItems(string name, string[] items)
        {
            json.WriteStartArray(name);
            foreach (string item in items)
            {
                int colon = item.LastIndexOf(':');
                json.WriteStartObject();
                json.WriteStartObject(item[0] == '[' ? "SpecialToken" : "Sequence");
                json.WriteString("id", item[..colon]);
                json.WriteNumber("type_id", item[colon + 1] - '0');
                json.WriteEndObject();
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }
    }
}
