namespace Graft.Tokenizers.Decoders;

/// <summary>Takes back the spaces that tokenization puts before English punctuation and contractions.</summary>
internal static class CleanUp
{
    private static readonly (string From, string To)[] s_ofText =
    [
        (" .", "."),
        (" ?", "?"),
        (" !", "!"),
        (" ,", ","),
        (" ' ", "'"),
        (" n't", "n't"),
        (" 'm", "'m"),
        (" 's", "'s"),
        (" 've", "'ve"),
        (" 're", "'re"),
    ];

    // A decoder of the reference has one more than its tokenizer class.
    private static readonly (string From, string To)[] s_ofToken = [.. s_ofText[..7], (" do not", " don't"), .. s_ofText[7..]];

    /// <summary>Cleans a whole decoded text: ten replacements, in order.</summary>
    public static string OfText(string text) => Replace(text, s_ofText);

    /// <summary>Cleans one token with its leading space, as some decoders do.</summary>
    public static string OfToken(string token) => Replace(token, s_ofToken);

    private static string Replace(string text, (string From, string To)[] replacements)
    {
        foreach ((string from, string to) in replacements) text = text.Replace(from, to, StringComparison.Ordinal);
        return text;
    }
}
