using System.Globalization;

namespace Graft.Objectives;

/// <summary>How spans are masked.</summary>
public sealed record SpanMaskingOptions
{
    /// <summary>Share of the text's tokens that are chosen.</summary>
    /// <value>In (0, 1); 0.15.</value>
    public double Share { get; init; } = 0.15;

    /// <summary>Success probability of the geometric distribution of lengths.</summary>
    /// <value>In (0, 1); 0.2.</value>
    public double Probability { get; init; } = 0.2;

    /// <summary>The longest span, in words.</summary>
    /// <value>At least 1; 10.</value>
    public int LongestSpan { get; init; } = 10;

    /// <summary>What the tokens of a span become; drawn once a span.</summary>
    /// <value><see cref="MaskReplacement.Bert"/>: 80/10/10.</value>
    public MaskReplacement Replacement { get; init; } = MaskReplacement.Bert;

    /// <summary>Refuses impossible options.</summary>
    /// <exception cref="InputException">An option is out of its range.</exception>
    public void Validate()
    {
        if (Share is not (> 0 and < 1))
            throw new InputException("mask-share", Share.ToString(CultureInfo.InvariantCulture), "between 0 and 1");
        if (Probability is not (> 0 and < 1))
            throw new InputException(
                string.Create(CultureInfo.InvariantCulture, $"span probability {Probability}: a number between 0 and 1 is allowed")
            );
        if (LongestSpan < 1)
            throw new InputException(string.Create(CultureInfo.InvariantCulture, $"longest span {LongestSpan}: at least 1"));
        Replacement.Validate();
    }
}

/// <summary>A run of masked tokens.</summary>
/// <param name="Start">Index of its first token.</param>
/// <param name="End">The index behind its last token.</param>
internal readonly record struct MaskedSpan(int Start, int End);

/// <summary>
/// SpanBERT's masking (Joshi et al. 2020, §3.1; <c>masking.py</c> and <c>utils.py</c> of the published code): whole words in a row, lengths
/// geometric and cut at ten words (mean 3.80), until ceil(share · tokens) are masked; the last span is cut where the budget ends. Spans
/// that overlap or touch become one, and each draws once whether it becomes [MASK]s, random tokens or stays.
/// <code>
/// [CLS] an american football game was played at the stadium [SEP]   (share 0.3, 9 tokens: ceil(2.7) = 3)
///   →  [CLS] an [MASK] [MASK] [MASK] was played at the stadium [SEP]   span (2, 5): american football game
/// </code>
/// </summary>
internal static class SpanMasking
{
    /// <summary>A span's length in words: geometric, renormalised over 1 … longest.</summary>
    public static int DrawLength(SpanMaskingOptions options, ref CounterRandom random)
    {
        // The inverse of the truncated geometric distribution function.
        double keep = 1 - options.Probability;
        double draw = random.NextDouble() * (1 - Math.Pow(keep, options.LongestSpan));
        return Math.Clamp(1 + (int)(Math.Log(1 - draw) / Math.Log(keep)), 1, options.LongestSpan);
    }

    /// <summary>The number of tokens to mask among <paramref name="textTokens"/> (specials not counted, as published).</summary>
    public static int CountToMask(int textTokens, SpanMaskingOptions options) => (int)Math.Ceiling(options.Share * textTokens);

    /// <summary>Masks one sequence; a pure function of its arguments.</summary>
    /// <param name="ids">The whole sequence with its specials.</param>
    /// <param name="options">Share, lengths and replacement.</param>
    /// <param name="vocabulary">Specials, word pieces and the mask.</param>
    /// <param name="random">Where the draws come from.</param>
    /// <returns>The corrupted sequence, and its spans in order.</returns>
    public static (MaskedSequence Sequence, MaskedSpan[] Spans) Corrupt(
        ReadOnlySpan<int> ids, SpanMaskingOptions options, MaskingVocabulary vocabulary, ref CounterRandom random)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(vocabulary);
        MaskedSpan[] spans = Runs(Choose(ids, options, vocabulary, ref random));
        int[] corrupted = ids.ToArray();
        List<int> positions = [], targets = [];
        foreach (MaskedSpan span in spans)
        {
            MaskReplacement.Kind kind = options.Replacement.DrawKind(ref random);
            for (int i = span.Start; i < span.End; i++)
            {
                positions.Add(i);
                targets.Add(ids[i]);
                corrupted[i] = MaskReplacement.Replace(kind, ids[i], vocabulary, ref random);
            }
        }

        return (new MaskedSequence(corrupted, [.. positions], [.. targets]), spans);
    }

    /// <summary>Which tokens are masked: spans from the word of a random anchor on, until the budget is used.</summary>
    private static bool[] Choose(ReadOnlySpan<int> ids, SpanMaskingOptions options, MaskingVocabulary vocabulary, ref CounterRandom random)
    {
        List<Word> words = vocabulary.Words(ids);
        int[] wordOf = new int[ids.Length], anchors = new int[ids.Length];
        int tokens = 0;
        for (int word = 0; word < words.Count; word++)
        {
            for (int i = words[word].Start; i < words[word].End; i++)
            {
                wordOf[i] = word;
                anchors[tokens++] = i;
            }
        }

        bool[] masked = new bool[ids.Length];
        int budget = CountToMask(tokens, options);
        while (budget > 0)
        {
            int length = DrawLength(options, ref random);
            int anchor = anchors[random.NextInt(tokens)];
            if (masked[anchor]) continue;
            for (int word = wordOf[anchor]; length > 0 && word < words.Count; word++, length--)
            {
                if (word > wordOf[anchor] && words[word].Start != words[word - 1].End) break; // a special ends the span
                for (int i = words[word].Start; i < words[word].End && budget > 0; i++)
                {
                    if (!masked[i]) budget--;
                    masked[i] = true;
                }
            }
        }

        return masked;
    }

    private static MaskedSpan[] Runs(bool[] masked)
    {
        List<MaskedSpan> runs = [];
        for (int i = 0; i < masked.Length; i++)
        {
            if (!masked[i]) continue;
            int start = i;
            while (i + 1 < masked.Length && masked[i + 1]) i++;
            runs.Add(new MaskedSpan(start, i + 1));
        }

        return [.. runs];
    }
}
