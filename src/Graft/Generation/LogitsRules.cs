using System.Numerics.Tensors;

namespace Graft.Generation;

/// <summary>
/// What may change the scores of the next token before one is chosen: first the rules that depend on the text so far (in the reference's
/// order: bias of sequences, repetition, repeated n-grams, forbidden sequences, minimum length, forced tokens, suppressed ones), then, for
/// sampling, temperature, top-k and top-p.
/// Forbidden tokens get negative infinity. Each rule works on one row of scores, in place.
/// </summary>
internal static class LogitsRules
{
    /// <summary>Applies the rules that hold for every kind of search.</summary>
    /// <param name="scores">[V] logits or log probabilities.</param>
    /// <param name="text">The row's tokens so far, prompt and its padding included.</param>
    /// <param name="written">How many of them are new.</param>
    /// <param name="options">The values of the rules.</param>
    /// <param name="leftPadding">How many tokens at the beginning are padding, which the repetition penalty leaves out.</param>
    public static void Apply(Span<float> scores, ReadOnlySpan<int> text, int written, GenerationOptions options, int leftPadding = 0)
    {
        int length = text.Length - leftPadding;
        foreach ((int[] tokens, float bias) in options.SequenceBias) Bias(scores, text, tokens, bias);
        if (options.RepetitionPenalty != 1) PenalizeRepetition(scores, text[leftPadding..], options.RepetitionPenalty);
        if (options.NoRepeatNgramSize > 0) ForbidRepeatedNgrams(scores, text, options.NoRepeatNgramSize);
        foreach (int[] word in options.BadWordIds)
        {
            if (word.Length > 1 || !options.EosTokenIds.Contains(word[0])) Bias(scores, text, word, float.NegativeInfinity);
        }

        if (written < options.MinNewTokens || length < options.MinLength) Forbid(scores, options.EosTokenIds);
        if (options.ForcedBosTokenId is int first && length == 1) Force(scores, first);
        if (options.ForcedEosTokenId is int last && written == options.NewTokensAfter(length - written) - 1) Force(scores, last);
        Forbid(scores, options.SuppressedTokenIds);
        int start = options.ForcedBosTokenId is not null && length - written == 1 ? 1 : 0;
        if (written == start) Forbid(scores, options.SuppressedFirstTokenIds);
    }

    /// <summary>Applies temperature, top-k, top-p and min-p, in this order.</summary>
    public static void ApplyForSampling(Span<float> scores, GenerationOptions options)
    {
        if (options.Temperature != 1) TensorPrimitives.Divide(scores, options.Temperature, scores);
        if (options.TopK > 0 && options.TopK < scores.Length) KeepTopK(scores, options.TopK);
        if (options.TopP < 1) KeepTopP(scores, options.TopP);
        if (options.MinP > 0) KeepMinP(scores, options.MinP);
    }

    /// <summary>CTRL's rule: every token seen is penalized once, however often it was seen.</summary>
    internal static void PenalizeRepetition(Span<float> scores, ReadOnlySpan<int> text, float penalty)
    {
        HashSet<int> seen = [];
        foreach (int token in text)
        {
            if (seen.Add(token)) scores[token] = scores[token] < 0 ? scores[token] * penalty : scores[token] / penalty;
        }
    }

    /// <summary>
    /// Forbids each token that would complete an n-gram which the text already has: size 2, text 7 8 9 7 → 8 is forbidden.
    /// </summary>
    internal static void ForbidRepeatedNgrams(Span<float> scores, ReadOnlySpan<int> text, int size)
    {
        if (text.Length + 1 < size) return;
        ReadOnlySpan<int> prefix = text[^(size - 1)..];
        for (int start = 0; start + size <= text.Length; start++)
        {
            if (text.Slice(start, size - 1).SequenceEqual(prefix)) scores[text[start + size - 1]] = float.NegativeInfinity;
        }
    }

    /// <summary>Everything below the k-th best score goes; ties with it stay.</summary>
    internal static void KeepTopK(Span<float> scores, int k)
    {
        float[] sorted = scores.ToArray();
        Array.Sort(sorted);
        float threshold = sorted[^k];
        foreach (ref float score in scores)
        {
            if (score < threshold) score = float.NegativeInfinity;
        }
    }

    /// <summary>
    /// Drops the unlikely tail: walking up from the least likely token, tokens go while their total stays at or below 1 − p; the best
    /// always stays.
    /// </summary>
    internal static void KeepTopP(Span<float> scores, float p)
    {
        float[] sorted = scores.ToArray();
        int[] order = new int[sorted.Length];
        for (int i = 0; i < order.Length; i++) order[i] = i;
        Array.Sort(sorted, order);
        float[] probabilities = new float[sorted.Length];
        TensorPrimitives.SoftMax(sorted, probabilities);
        double total = 0;
        for (int i = 0; i < order.Length - 1; i++)
        {
            total += probabilities[i];
            if (total > 1 - p) break;
            scores[order[i]] = float.NegativeInfinity;
        }
    }

    /// <summary>Logits → log probabilities, in place.</summary>
    internal static void LogSoftMax(Span<float> scores)
    {
        const int block = 512; // short sums in single precision, their total in double
        Span<float> powers = stackalloc float[block];
        float largest = TensorPrimitives.Max(scores);
        double sum = 0;
        for (int start = 0; start < scores.Length; start += block)
        {
            ReadOnlySpan<float> part = scores.Slice(start, Math.Min(block, scores.Length - start));
            TensorPrimitives.Subtract(part, largest, powers);
            TensorPrimitives.Exp(powers[..part.Length], powers);
            sum += TensorPrimitives.Sum<float>(powers[..part.Length]);
        }

        TensorPrimitives.Subtract(scores, largest + (float)Math.Log(sum), scores);
    }

    // A sequence counts where it is not longer than the text, as in the reference.
    private static void Bias(Span<float> scores, ReadOnlySpan<int> text, ReadOnlySpan<int> sequence, float bias)
    {
        if (sequence.Length > 1 && (sequence.Length > text.Length || !text[^(sequence.Length - 1)..].SequenceEqual(sequence[..^1]))) return;
        scores[sequence[^1]] += bias;
    }

    private static void Force(Span<float> scores, int token)
    {
        scores.Fill(float.NegativeInfinity);
        scores[token] = 0;
    }

    /// <summary>Drops tokens less likely than this share of the most likely one's probability.</summary>
    private static void KeepMinP(Span<float> scores, float share)
    {
        float threshold = TensorPrimitives.Max(scores) + MathF.Log(share);
        foreach (ref float score in scores)
        {
            if (score < threshold) score = float.NegativeInfinity;
        }
    }

    private static void Forbid(Span<float> scores, IReadOnlyList<int> tokens)
    {
        foreach (int token in tokens) scores[token] = float.NegativeInfinity;
    }
}
