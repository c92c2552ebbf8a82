using System.Text.Json.Nodes;
using Graft.Backbones;

namespace Graft.Pretrained;

/// <summary>What a sentence-transformers folder says of its texts: how many tokens, lower case, what stands before them.</summary>
internal sealed record SentenceSettings
{
    /// <summary>The most tokens of a text, special ones included; null where no file says.</summary>
    public int? MaxLength { get; private init; }

    /// <summary>Whether texts are made lower case before the tokenizer sees them.</summary>
    public bool LowerCase { get; private init; }

    /// <summary>Texts that may stand before a text, by name.</summary>
    public IReadOnlyDictionary<string, string> Prompts { get; private init; } = new Dictionary<string, string>();

    /// <summary>The name of the one that stands before every text where none is asked for; null for none.</summary>
    public string? DefaultPrompt { get; private init; }

    /// <summary>Reads what a model folder and the folder of its Transformer have.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="transformer">Where config.json and the tokenizer are.</param>
    /// <exception cref="InputException">A file is broken.</exception>
    public static SentenceSettings Read(string folder, string transformer)
    {
        SentenceSettings settings = new();
        string? own = Directory.Exists(transformer) ? Directory.EnumerateFiles(transformer, "sentence_*_config.json").Order(StringComparer.Ordinal).FirstOrDefault() : null;
        if (own is not null)
        {
            JsonObject json = ModelJson.ReadObject(own);
            settings = settings with { MaxLength = ModelJson.Positive(json, "max_seq_length", own), LowerCase = ModelJson.Flag(json, "do_lower_case", own) ?? false };
        }

        string tokenizer = Path.Combine(transformer, "tokenizer_config.json");
        if (settings.MaxLength is null && SentenceTransformersLayout.IsIn(folder) && File.Exists(tokenizer))
        {
            // "No limit" is written as 10^30.
            int? limit = ModelJson.Positive(ModelJson.ReadObject(tokenizer), "model_max_length", tokenizer);
            settings = settings with { MaxLength = limit == int.MaxValue ? null : limit };
        }

        string prompts = Path.Combine(folder, "config_sentence_transformers.json");
        return File.Exists(prompts) ? settings.WithPrompts(ModelJson.ReadObject(prompts), prompts) : settings;
    }

    /// <summary>What stands before every text.</summary>
    /// <param name="text">Asked for; "" for nothing.</param>
    /// <param name="name">Asked for, by its name.</param>
    /// <param name="folder">What an error names.</param>
    /// <exception cref="InputException">Both are given, or there is none of that name.</exception>
    public string PromptFor(string? text, string? name, string folder)
    {
        if (text is not null && name is not null) throw new InputException("give --prompt or --prompt-name, not both");
        if (text is not null) return text;
        if ((name ?? DefaultPrompt) is not string wanted) return "";
        string known = Prompts.Count == 0 ? "it has none" : $"it has {string.Join(", ", Prompts.Keys)}";
        return Prompts.TryGetValue(wanted, out string? prompt) ? prompt : throw new InputException($"{folder}: there is no prompt \"{wanted}\"; {known}");
    }

    private SentenceSettings WithPrompts(JsonObject json, string path)
    {
        Dictionary<string, string> prompts = new(StringComparer.Ordinal);
        if (json["prompts"] is JsonNode found)
        {
            foreach ((string name, JsonNode? text) in found as JsonObject ?? throw new InputException($"{path}: prompts is {found.ToJsonString()}; an object of names and texts is expected"))
                prompts[name] = ModelJson.Text(text) ?? throw new InputException($"{path}: the prompt {name} is no text");
        }

        JsonNode? chosen = json["default_prompt_name"];
        if (chosen is not null && ModelJson.Text(chosen) is null) throw new InputException($"{path}: default_prompt_name is {chosen.ToJsonString()}; a name is expected");
        return this with { Prompts = prompts, DefaultPrompt = ModelJson.Text(chosen) };
    }
}
