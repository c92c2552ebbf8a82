namespace Graft.Heads;

/// <summary>What a sentence-transformers folder says of its texts: how many tokens, lower case, what stands before them.</summary>
public sealed record TextSettings
{
    /// <summary>The most tokens of a text, special ones included; null where no file says.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Whether texts are made lower case before the tokenizer sees them.</summary>
    public bool LowerCase { get; init; }

    /// <summary>Texts that may stand before a text, by name.</summary>
    public IReadOnlyDictionary<string, string> Prompts { get; init; } = new Dictionary<string, string>();

    /// <summary>The name of the one that stands before every text where none is asked for; null for none.</summary>
    public string? DefaultPrompt { get; init; }

    /// <summary>False where a prompt's tokens would have to be left out of the pooling.</summary>
    public bool IncludesPrompt { get; init; } = true;

    /// <summary>What stands before every text.</summary>
    /// <param name="text">Asked for; "" for nothing.</param>
    /// <param name="name">Asked for, by its name.</param>
    /// <param name="folder">What an error names.</param>
    /// <exception cref="InputException">Both are given, or there is none of that name.</exception>
    public string PromptFor(string? text, string? name, string folder)
    {
        string found = Find(text, name, folder);
        return found.Length == 0 || IncludesPrompt
            ? found
            : throw new InputException(
                $"{folder}: include_prompt is false: a prompt's tokens would have to be left out of the pooling, which Graft does not do"
            );
    }

    private string Find(string? text, string? name, string folder)
    {
        if (text is not null && name is not null) throw new InputException("give `prompt` or `prompt-name`, not both");
        if (text is not null) return text;
        if ((name ?? DefaultPrompt) is not string wanted) return "";
        string known = Prompts.Count == 0 ? "it has none" : $"it has {string.Join(", ", Prompts.Keys)}";
        return Prompts.TryGetValue(wanted, out string? prompt)
            ? prompt
            : throw new InputException($"{folder}: there is no prompt \"{wanted}\"; {known}");
    }
}
