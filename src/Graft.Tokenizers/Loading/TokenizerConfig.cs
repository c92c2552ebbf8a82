using System.Text.Json;
using Graft.Tokenizers.Json;

namespace Graft.Tokenizers.Loading;

/// <summary>What a <c>tokenizer_config.json</c> says about a tokenizer that is built from its vocabulary files.</summary>
internal sealed record TokenizerConfig
{
    /// <value>The class without its <c>Fast</c>, as <c>BertTokenizer</c>; null when no file says.</value>
    public string? Class { get; private init; }

    public bool? LowerCase { get; private init; }

    public bool? StripAccents { get; private init; }

    public bool? HandleChineseChars { get; private init; }

    public bool? AddPrefixSpace { get; private init; }

    public bool? KeepAccents { get; private init; }

    public int? ExtraIds { get; private init; }

    /// <summary>Reads the file beside a vocabulary file; empty when there is none.</summary>
    public static TokenizerConfig Beside(string vocabularyFile)
    {
        string path = Path.Combine(Path.GetDirectoryName(vocabularyFile) ?? "", "tokenizer_config.json");
        if (!File.Exists(path)) return new();
        using JsonDocument document = TokenizerJson.Parse(File.ReadAllBytes(path), path);
        JsonPart root = new(document.RootElement, path, "");
        string? name = root.Find("tokenizer_class")?.AsString();
        return new()
        {
            Class = name is not null && name.EndsWith("Fast", StringComparison.Ordinal) ? name[..^4] : name,
            LowerCase = root.Find("do_lower_case")?.AsBool(),
            StripAccents = root.Find("strip_accents")?.AsBool(),
            HandleChineseChars = root.Find("tokenize_chinese_chars")?.AsBool(),
            AddPrefixSpace = root.Find("add_prefix_space")?.AsBool(),
            KeepAccents = root.Find("keep_accents")?.AsBool(),
            ExtraIds = root.Find("extra_ids")?.AsInt(),
        };
    }
}
