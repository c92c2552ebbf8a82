namespace Graft.Tokenizers.Unicode;

/// <summary>
/// The steps of NFD, NFC, NFKD and NFKC, one code point at a time, so that a caller can keep track of offsets: decompose, sort marks by
/// combining class (<see cref="CodePoint.CombiningClass"/>), compose. Unicode Standard Annex 15, tables of Unicode 12.0.
/// </summary>
internal static class NormalForms
{
    /// <summary>The length of the longest decomposition of a code point.</summary>
    public const int MaxDecomposition = 18;

    // Hangul syllables are computed (Unicode Standard, section 3.12): S = 0xAC00 + (L * 21 + V) * 28 + T.
    private const int SyllableBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TrailBase = 0x11A7;
    private const int LeadCount = 19, VowelCount = 21, TrailCount = 28, SyllableCount = LeadCount * VowelCount * TrailCount;

    /// <summary>
    /// Writes the full decomposition of a code point to <paramref name="output"/> (at least <see cref="MaxDecomposition"/> long) and
    /// returns its length; a code point that does not decompose is written itself. <c>é</c> → <c>e</c>, U+0301.
    /// </summary>
    public static int Decompose(int codePoint, bool compatibility, Span<int> output)
    {
        if (!CodePoint.Decomposes(codePoint, compatibility))
        {
            output[0] = codePoint;
            return 1;
        }

        if ((uint)(codePoint - SyllableBase) < SyllableCount) return DecomposeSyllable(codePoint - SyllableBase, output);
        int position = compatibility ? CompatibilityPosition(codePoint) : 0;
        if (position == 0) position = CanonicalPosition(codePoint);
        ReadOnlySpan<int> decomposition = UnicodeTables.Decompositions.Slice(position + 1, UnicodeTables.Decompositions[position]);
        decomposition.CopyTo(output);
        return decomposition.Length;
    }

    /// <summary>The code point that two compose to, or −1 when they do not. <c>e</c>, U+0301 → <c>é</c>.</summary>
    public static int Compose(int first, int second)
    {
        if (!CodePoint.ComposesWithPrevious(second)) return -1;
        if ((uint)(first - LeadBase) < LeadCount && (uint)(second - VowelBase) < VowelCount)
        {
            return SyllableBase + (((first - LeadBase) * VowelCount) + second - VowelBase) * TrailCount;
        }

        int syllable = first - SyllableBase;
        if ((uint)syllable < SyllableCount && syllable % TrailCount == 0 && (uint)(second - TrailBase) < TrailCount)
            return first + second - TrailBase;
        int index = UnicodeTables.CompositionPairs.BinarySearch(((long)first << 32) | (uint)second);
        return index < 0 ? -1 : UnicodeTables.CompositionResults[index];
    }

    /// <summary>Brings code points into NFKC in place.</summary>
    public static void ComposeCompatibility(List<int> codePoints)
    {
        List<int> decomposed = new(codePoints.Count + 16);
        Span<int> parts = stackalloc int[MaxDecomposition];
        foreach (int codePoint in codePoints) decomposed.AddRange(parts[..Decompose(codePoint, compatibility: true, parts)]);
        SortMarks(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(decomposed));
        codePoints.Clear();
        int starter = -1, previousClass = -1;
        foreach (int codePoint in decomposed)
        {
            int combiningClass = CodePoint.CombiningClass(codePoint);
            int composed = starter >= 0 && previousClass < combiningClass ? Compose(codePoints[starter], codePoint) : -1;
            if (composed >= 0)
            {
                codePoints[starter] = composed;
                continue;
            }

            if (combiningClass == 0)
            {
                starter = codePoints.Count;
                previousClass = -1;
            }
            else
            {
                previousClass = combiningClass;
            }

            codePoints.Add(codePoint);
        }
    }

    // Marks in the order of their classes, those of one class as they were. The sort is stable.
    private static void SortMarks(Span<int> codePoints)
    {
        for (int start = 0; start < codePoints.Length; start++)
        {
            if (CodePoint.CombiningClass(codePoints[start]) == 0) continue;
            int end = start + 1;
            while (end < codePoints.Length && CodePoint.CombiningClass(codePoints[end]) != 0) end++;
            if (end - start > 1)
            {
                int[] sorted = [.. codePoints[start..end].ToArray().OrderBy(CodePoint.CombiningClass)];
                sorted.CopyTo(codePoints[start..]);
            }

            start = end;
        }
    }

    private static int DecomposeSyllable(int syllable, Span<int> output)
    {
        output[0] = LeadBase + (syllable / (VowelCount * TrailCount));
        output[1] = VowelBase + (syllable / TrailCount % VowelCount);
        int trail = syllable % TrailCount;
        if (trail == 0) return 2;
        output[2] = TrailBase + trail;
        return 3;
    }

    private static int CanonicalPosition(int codePoint) =>
        UnicodeTables.CanonicalValues[UnicodeTables.CanonicalIndices[CodePoint.Slot(UnicodeTables.CanonicalBlocks, codePoint)]];

    private static int CompatibilityPosition(int codePoint) =>
        UnicodeTables.CompatibilityValues[UnicodeTables.CompatibilityIndices[CodePoint.Slot(UnicodeTables.CompatibilityBlocks, codePoint)]];
}
