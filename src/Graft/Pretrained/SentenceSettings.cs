using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Heads;

namespace Graft.Pretrained;

/// <summary>What a sentence-transformers folder says of its texts: how many tokens, lower case, what stands before them.</summary>
internal static class SentenceSettings
{
    /// <summary>Reads what a model folder and the folder of its Transformer have.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="transformer">Where config.json and the tokenizer are.</param>
    /// <exception cref="InputException">A file is broken.</exception>
    public static TextSettings Read(string folder, string transformer)
    {
        TextSettings settings = new();
        string? own = Directory.Exists(transformer)
            ? Directory.EnumerateFiles(transformer, "sentence_*_config.json").Order(StringComparer.Ordinal).FirstOrDefault()
            : null;
        if (own is not null)
        {
            JsonObject json = ModelJson.ReadObject(own);
            settings = settings with
            {
                MaxLength = ModelJson.Positive(json, "max_seq_length", own),
                LowerCase = ModelJson.Flag(json, "do_lower_case", own) ?? false,
            };
        }

        string tokenizer = Path.Combine(transformer, "tokenizer_config.json");
        if (settings.MaxLength is null && SentenceTransformersLayout.IsIn(folder) && File.Exists(tokenizer))
        {
            // "No limit" is written as 10^30.
            int? limit = ModelJson.Positive(ModelJson.ReadObject(tokenizer), "model_max_length", tokenizer);
            settings = settings with { MaxLength = limit == int.MaxValue ? null : limit };
        }

        string prompts = Path.Combine(folder, "config_sentence_transformers.json");
        return File.Exists(prompts) ? WithPrompts(settings, ModelJson.ReadObject(prompts), prompts) : settings;
    }

    private static TextSettings WithPrompts(TextSettings settings, JsonObject json, string path)
    {
        Dictionary<string, string> prompts = new(StringComparer.Ordinal);
        if (json["prompts"] is JsonNode found)
        {
            foreach (
                (string name, JsonNode? text) in found as JsonObject
                    ?? throw new InputException($"{path}: prompts is {found.ToJsonString()}; an object of names and texts is expected")
            )
                prompts[name] = ModelJson.Text(text) ?? throw new InputException($"{path}: the prompt {name} is no text");
        }

        JsonNode? chosen = json["default_prompt_name"];
        if (chosen is not null && ModelJson.Text(chosen) is null)
            throw new InputException($"{path}: default_prompt_name is {chosen.ToJsonString()}; a name is expected");
        return settings with { Prompts = prompts, DefaultPrompt = ModelJson.Text(chosen) };
    }
}
