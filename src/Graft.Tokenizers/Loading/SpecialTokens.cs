using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Pipeline;

namespace Graft.Tokenizers.Loading;

/// <summary>Which token plays which part, by the names of <c>special_tokens_map.json</c>.</summary>
internal sealed class SpecialTokens
{
    // What published tokenizers call them, tried in this order where no file says.
    private static readonly (string Role, string[] Names)[] s_roles =
    [
        ("unk_token", ["[UNK]", "<unk>"]),
        ("pad_token", ["[PAD]", "<pad>"]),
        ("cls_token", ["[CLS]", "<s>"]),
        ("sep_token", ["[SEP]", "</s>"]),
        ("mask_token", ["[MASK]", "<mask>"]),
        ("bos_token", ["<s>", "<|endoftext|>"]),
        ("eos_token", ["</s>", "<|endoftext|>"]),
    ];

    private readonly Dictionary<string, string> _byRole = new(StringComparer.Ordinal);

    /// <summary>The roles with their tokens.</summary>
    public IReadOnlyDictionary<string, string> ByRole => _byRole;

    public string? Token(string role) => _byRole.GetValueOrDefault(role);

    /// <summary>Takes the roles from the files of a folder, and those they do not name from what is usual.</summary>
    public static SpecialTokens Find(TokenizerCore core, string? folder)
    {
        SpecialTokens tokens = new();
        if (folder is not null)
        {
            tokens.ReadFrom(Path.Combine(folder, "special_tokens_map.json"), core);
            tokens.ReadFrom(Path.Combine(folder, "tokenizer_config.json"), core);
        }

        if (core.UnknownToken is string unknown) tokens._byRole.TryAdd("unk_token", unknown);
        foreach ((string role, string[] names) in s_roles)
        {
            if (!tokens._byRole.ContainsKey(role) && Array.Find(names, name => core.IdOf(name) >= 0) is string name)
                tokens._byRole[role] = name;
        }

        return tokens;
    }

    private void ReadFrom(string path, TokenizerCore core)
    {
        if (!File.Exists(path)) return;
        using JsonDocument document = TokenizerJson.Parse(File.ReadAllBytes(path), path);
        JsonPart root = new(document.RootElement, path, "");
        foreach ((string role, _) in s_roles)
        {
            if (root.Find(role) is not JsonPart part) continue;
            string token = part.Element.ValueKind == JsonValueKind.Object ? part.Member("content").AsString() : part.AsString();
            if (core.IdOf(token) >= 0) _byRole.TryAdd(role, token);
        }
    }
}
