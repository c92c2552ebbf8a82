using Graft.Tokenizers;

namespace Graft.Tasks;

/// <summary>
/// Windows over a pair of texts that is longer than the limit. The longer text moves past the shorter one, which stays whole; where both
/// are long, the k-th part of the one stands beside the k-th of the other, so that every token is read at least once.
/// </summary>
internal static class PairWindows
{
    private const int Margin = 2; // a part that begins inside a word may be cut into a token or two more

    /// <summary>The windows of a text or a pair; one where it fits or is to be cut.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="text">The text, or the first text.</param>
    /// <param name="pair">The second text; null for none.</param>
    /// <param name="options">Length, overlap, and whether to cut instead.</param>
    /// <param name="whole">The number of tokens without a limit.</param>
    public static IReadOnlyList<TokenizedText> Of(Tokenizer tokenizer, string text, string? pair, EncodingOptions options, out int whole)
    {
        int stride = options.Truncate ? 0 : options.Stride ?? options.MaxLength / 4;
        if (pair is null)
        {
            TokenizedText first = tokenizer.Encode(text, null, new EncodeOptions { MaxLength = options.MaxLength, Stride = stride });
            whole = first.Overflow.Count == 0 ? first.Length : tokenizer.Encode(text).Length;
            return options.Truncate ? [first] : [first, .. first.Overflow];
        }

        TokenizedText all = tokenizer.Encode(text, pair);
        whole = all.Length;
        if (whole <= options.MaxLength)
            return [all];
        if (options.Truncate)
            return [tokenizer.Encode(text, pair, new EncodeOptions { MaxLength = options.MaxLength })];
        int room = options.MaxLength - tokenizer.SpecialTokenCount(isPair: true),
            firstLength = all.SequenceIds.Count(id => id == 0),
            secondLength = all.SequenceIds.Count(id => id == 1);
        int shorter = Math.Min(firstLength, secondLength);
        if (shorter > room / 2) return BothLong(tokenizer, text, pair, all, room / 2, stride, options.MaxLength);
        TokenizedText windows = tokenizer.Encode(text, pair, new EncodeOptions
        {
            MaxLength = options.MaxLength,
            Truncation = firstLength > secondLength ? TruncationStrategy.OnlyFirst : TruncationStrategy.OnlySecond,
            Stride = Math.Min(stride, (room - shorter) / 2),
        });
        return [windows, .. windows.Overflow];
    }

    private static TokenizedText[] BothLong(
        Tokenizer tokenizer,
        string text,
        string pair,
        TokenizedText all,
        int half,
        int stride,
        int maxLength
    )
    {
        string[] firsts = Parts(text, all, 0, half - Margin, stride),
            seconds = Parts(pair, all, 1, half - Margin, stride);
        return
        [
            .. Enumerable
                .Range(0, Math.Max(firsts.Length, seconds.Length))
                .Select(k =>
                    tokenizer.Encode(
                        firsts[Math.Min(k, firsts.Length - 1)],
                        seconds[Math.Min(k, seconds.Length - 1)],
                        new EncodeOptions { MaxLength = maxLength }
                    )
                ),
        ];
    }

    /// <summary>A text in parts of so many tokens that overlap.</summary>
    private static string[] Parts(string text, TokenizedText all, int sequence, int tokens, int stride)
    {
        TextRange[] offsets = [.. all.Offsets.Where((range, token) => all.SequenceIds[token] == sequence && range.Length > 0)];
        tokens = Math.Max(1, tokens);
        stride = Math.Min(stride, tokens / 2);
        List<string> parts = [];
        for (int start = 0; start < offsets.Length; start += tokens - stride)
        {
            int end = Math.Min(offsets.Length, start + tokens);
            parts.Add(text[offsets[start].Start..offsets[end - 1].End]);
            if (end == offsets.Length) break;
        }

        return [.. parts];
    }
}
