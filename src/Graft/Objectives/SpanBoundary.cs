namespace Graft.Objectives;

/// <summary>One token that the span-boundary objective predicts.</summary>
/// <param name="Left">Index of the token before the span.</param>
/// <param name="Right">Index of the token behind it.</param>
/// <param name="Place">The token's place in the span, from 0: which position embedding.</param>
/// <param name="Target">The original token.</param>
internal readonly record struct SpanBoundaryPair(int Left, int Right, int Place, int Target);

/// <summary>
/// The span-boundary objective's inputs (Joshi et al. 2020, §3.2): every token of a masked span is predicted from the two tokens around the
/// span and the token's place in it. Spans at an end of the text have no boundary there and are left out; so are tokens past the last
/// place.
/// <code>
/// [CLS] an [MASK] [MASK] was played [SEP], span (2, 4): football game
///   →  (left 1, right 4, place 0, target football), (left 1, right 4, place 1, target game)
/// </code>
/// </summary>
internal static class SpanBoundary
{
    /// <summary>Places that have an embedding in the published model.</summary>
    public const int PublishedPlaces = 20;

    /// <summary>The predictions of one sequence.</summary>
    /// <param name="original">The sequence before masking, with its specials.</param>
    /// <param name="spans">What <see cref="SpanMasking.Corrupt"/> masked.</param>
    /// <param name="vocabulary">Says which tokens are special and therefore no boundary.</param>
    /// <param name="places">Number of position embeddings.</param>
    public static List<SpanBoundaryPair> Pairs(
        ReadOnlySpan<int> original, ReadOnlySpan<MaskedSpan> spans, MaskingVocabulary vocabulary, int places = PublishedPlaces)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        List<SpanBoundaryPair> pairs = [];
        foreach (MaskedSpan span in spans)
        {
            int left = span.Start - 1,
                right = span.End;
            if (left < 0 || right >= original.Length || vocabulary.IsSpecial(original[left]) || vocabulary.IsSpecial(original[right]))
                continue;
            for (int i = span.Start; i < span.End && i - span.Start < places; i++)
                pairs.Add(new SpanBoundaryPair(left, right, i - span.Start, original[i]));
        }

        return pairs;
    }
}
