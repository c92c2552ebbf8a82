using System.Text.Json;
using Graft.Tokenizers.Json;

namespace Graft.Tokenizers.Loading;

/// <summary>
/// What the files beside a vocabulary say about its tokenizer: <c>tokenizer_config.json</c>, <c>special_tokens_map.json</c>,
/// <c>added_tokens.json</c>, and of <c>config.json</c> the class or, through the type of the model, the one that goes with it.
/// </summary>
internal sealed record TokenizerConfig
{
    /// <summary>The roles of named special tokens, in the order in which the reference adds them.</summary>
    public static IReadOnlyList<string> RoleNames { get; } =
    ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"];

    /// <value>The class without its <c>Fast</c>, as <c>BertTokenizer</c>; null when no file says.</value>
    public string? Class { get; private init; }

    /// <value>The file that says so.</value>
    public string ClassFile { get; private init; } = "tokenizer_config.json";

    /// <value>A class of the folder's own code, as <c>JinaTokenizer</c>; null where there is none.</value>
    public string? OwnClass { get; private init; }

    public bool? LowerCase { get; private init; }

    public bool? StripAccents { get; private init; }

    public bool? HandleChineseChars { get; private init; }

    public bool? AddPrefixSpace { get; private init; }

    public bool? TrimOffsets { get; private init; }

    public bool? KeepAccents { get; private init; }

    public bool? SplitByPunctuation { get; private init; }

    public int? ExtraIds { get; private init; }

    /// <value>Named special tokens, by role.</value>
    public IReadOnlyDictionary<string, AddedToken> Roles { get; private init; } = new Dictionary<string, AddedToken>();

    /// <value>Special tokens without a name of their own.</value>
    public IReadOnlyList<AddedToken> ExtraSpecial { get; private init; } = [];

    /// <value>Tokens beside the vocabulary, in the order of the ids that their file gives.</value>
    public IReadOnlyList<AddedToken> Added { get; private init; } = [];

    /// <value>True where tokenizer_config.json lists all added tokens with their flags (added_tokens_decoder).</value>
    public bool ListsAddedTokens { get; private init; }

    /// <summary>The token of a role, or what the class calls it.</summary>
    public string Role(string role, string missing) => Roles.TryGetValue(role, out AddedToken? token) ? token.Content : missing;

    /// <summary>Reads the files beside a vocabulary file.</summary>
    public static TokenizerConfig Beside(string vocabularyFile) => Of(Path.GetDirectoryName(vocabularyFile) ?? "");

    /// <summary>Reads the files of a folder; empty when there are none.</summary>
    public static TokenizerConfig Of(string folder)
    {
        using JsonDocument? settings = Open(folder, "tokenizer_config.json"), map = Open(folder, "special_tokens_map.json");
        using JsonDocument? list = Open(folder, "added_tokens.json"), model = Open(folder, "config.json");
        JsonPart? root = Root(settings, folder, "tokenizer_config.json"), names = Root(map, folder, "special_tokens_map.json");
        JsonPart? modelRoot = Root(model, folder, "config.json");
        (string? @class, string file) = ClassOf(root, modelRoot);
        Dictionary<string, AddedToken> decoder = ReadAdded(root?.Find("added_tokens_decoder"), Root(list, folder, "added_tokens.json"));
        bool hasDecoder = root?.Find("added_tokens_decoder") is not null;
        // the map counts where the decoder is missing
        List<JsonPart> sources = [.. new[] { hasDecoder ? null : names, root }.OfType<JsonPart>()];
        return new()
        {
            Class = @class,
            ClassFile = file,
            OwnClass = OwnClassOf(root),
            LowerCase = root?.Find("do_lower_case")?.AsBool(),
            StripAccents = root?.Find("strip_accents")?.AsBool(),
            HandleChineseChars = root?.Find("tokenize_chinese_chars")?.AsBool(),
            AddPrefixSpace = root?.Find("add_prefix_space")?.AsBool(),
            TrimOffsets = root?.Find("trim_offsets")?.AsBool(),
            KeepAccents = root?.Find("keep_accents")?.AsBool(),
            SplitByPunctuation = root?.Find("split_by_punct")?.AsBool(),
            ExtraIds = root?.Find("extra_ids")?.AsInt(),
            Roles = ReadRoles(sources, decoder),
            ExtraSpecial = ReadExtra(sources, decoder),
            Added = [.. decoder.Values],
            ListsAddedTokens = hasDecoder,
        };
    }

    private static JsonDocument? Open(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        return File.Exists(path) ? TokenizerJson.Parse(File.ReadAllBytes(path), path) : null;
    }

    private static JsonPart? Root(JsonDocument? document, string folder, string name) =>
        document is null ? null : new JsonPart(document.RootElement, Path.Combine(folder, name), "");

    private static (string? Class, string File) ClassOf(JsonPart? settings, JsonPart? model)
    {
        if (settings?.Find("tokenizer_class") is JsonPart named)
            return (TokenizerClasses.WithoutFast(named.AsString()), "tokenizer_config.json");
        if (model?.Find("tokenizer_class") is JsonPart inModel)
            return (TokenizerClasses.WithoutFast(inModel.AsString()), "config.json");
        return (model?.Find("model_type") is JsonPart type ? TokenizerClasses.OfModelType(type.AsString()) : null, "config.json");
    }

    // "auto_map": {"AutoTokenizer": ["tokenization_x.XTokenizer", null]}, or the list alone.
    private static string? OwnClassOf(JsonPart? settings)
    {
        if (settings?.Find("auto_map") is not JsonPart map) return null;
        JsonPart? entry = map.Element.ValueKind == JsonValueKind.Object ? map.Find("AutoTokenizer") : map;
        if (entry is not JsonPart found) return null;
        IEnumerable<JsonPart> names = found.Element.ValueKind == JsonValueKind.Array ? found.Items() : [found];
        return names.Where(name => !name.IsNull).Select(name => name.AsString().Split('.')[^1]).FirstOrDefault();
    }

    private static Dictionary<string, AddedToken> ReadAdded(JsonPart? decoder, JsonPart? list)
    {
        Dictionary<string, AddedToken> tokens = new(StringComparer.Ordinal);
        if (decoder is JsonPart part)
        {
            IEnumerable<AddedToken> all = part.Members()
                .Select(member =>
                    int.TryParse(member.Key, System.Globalization.CultureInfo.InvariantCulture, out int id)
                        ? ReadToken(member.Value, id)
                        : throw member.Value.Error($"the keys of added_tokens_decoder are ids, \"{member.Key}\" was found")
                );
            foreach (AddedToken token in all.OrderBy(token => token.Id))
                tokens[token.Content] = token;
        }
        else if (list is JsonPart ids)
        {
            foreach ((string content, JsonPart id) in ids.Members().OrderBy(member => member.Value.AsInt()))
                tokens[content] = new(content, id.AsInt()) { Normalized = true };
        }

        return tokens;
    }

    private static Dictionary<string, AddedToken> ReadRoles(List<JsonPart> sources, Dictionary<string, AddedToken> added)
    {
        Dictionary<string, AddedToken> roles = new(StringComparer.Ordinal);
        foreach (JsonPart source in sources)
        {
            foreach (string role in RoleNames)
            {
                if (!roles.ContainsKey(role) && source.Find(role) is JsonPart part && ReadSpecial(part) is AddedToken token)
                    roles[role] = AsSpecial(token, added);
            }
        }

        return roles;
    }

    private static List<AddedToken> ReadExtra(List<JsonPart> sources, Dictionary<string, AddedToken> added)
    {
        List<AddedToken> extra = [];
        foreach (string key in (ReadOnlySpan<string>)["additional_special_tokens", "extra_special_tokens"])
        {
            foreach (JsonPart part in sources.Select(source => source.Find(key)).OfType<JsonPart>())
            {
                IEnumerable<JsonPart> items =
                    part.Element.ValueKind == JsonValueKind.Object ? part.Members().Select(member => member.Value) : part.Items();
                extra.AddRange(items.Select(ReadSpecial).OfType<AddedToken>().Select(token => AsSpecial(token, added)));
            }
        }

        return [.. extra.DistinctBy(token => token.Content, StringComparer.Ordinal)];
    }

    // What is special is so in added_tokens.json too, which has ids alone.
    private static AddedToken AsSpecial(AddedToken token, Dictionary<string, AddedToken> added)
    {
        if (!added.TryGetValue(token.Content, out AddedToken? known)) return token;
        if (!known.Special) added[token.Content] = known with { Special = true, Normalized = false };
        return added[token.Content];
    }

    private static AddedToken? ReadSpecial(JsonPart part)
    {
        if (part.Element.ValueKind == JsonValueKind.Object) return ReadToken(part, -1) with { Special = true };
        string content = part.AsString();
        return content.Length == 0 ? null : new(content, -1) { Special = true };
    }

    private static AddedToken ReadToken(JsonPart part, int id)
    {
        string content = part.Element.ValueKind == JsonValueKind.Object ? part.Member("content").AsString() : part.AsString();
        if (part.Element.ValueKind != JsonValueKind.Object) return new(content, id) { Special = true };
        bool special = part.Bool("special", false);
        return new(content, id)
        {
            Special = special,
            SingleWord = part.Bool("single_word", false),
            LeftStrip = part.Bool("lstrip", false),
            RightStrip = part.Bool("rstrip", false),
            Normalized = part.Bool("normalized", !special),
        };
    }
}
