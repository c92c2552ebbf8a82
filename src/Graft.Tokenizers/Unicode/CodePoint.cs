using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Graft.Tokenizers.Unicode;

/// <summary>
/// Properties of Unicode code points as the reference tokenizers see them, from tables pinned in this repository: independent of the
/// culture, of the runtime's Unicode version and of invariant globalization. The reference itself mixes versions: categories for
/// patterns are Unicode 16.0, lower case, numeric and grapheme clusters 17.0, normal forms 12.0, the marks, punctuation and other
/// characters of BERT's cleaning 8.0. Each property here is the one of the operation that uses it (build/UnicodeTables).
/// </summary>
internal static class CodePoint
{
    /// <summary>The largest code point.</summary>
    public const int Max = 0x10FFFF;

    /// <summary>What stands for bytes or surrogates that are no character.</summary>
    public const int Replacement = 0xFFFD;

    // Bits 0–4 the general category, 13–16 the grapheme cluster break, 18–19 the conjunct kind; the rest are flags.
    private const uint CategoryMask = 31;
    private const uint WhiteSpaceBit = 1 << 5, PunctuationBit = 1 << 6, NumericBit = 1 << 7, WordBit = 1 << 8;
    private const uint OtherBit = 1 << 9, NonspacingMarkBit = 1 << 10, CombiningMarkBit = 1 << 11, IdeographBit = 1 << 12;
    private const uint PictographicBit = 1 << 17, LowerCaseBit = 1 << 20, CanonicalBit = 1 << 21, CompatibilityBit = 1 << 22;
    private const uint CombiningClassBit = 1 << 23, ComposesBit = 1 << 24;

    // Lu, Ll, Lt, Lm, Lo are the categories 0–4; Nd, Nl, No 8–10.
    private const uint LetterCategories = 0b11111, NumberCategories = 0b111 << 8;

    /// <summary>The general category, of Unicode 16.0 (patterns such as <c>\p{L}</c>).</summary>
    public static UnicodeCategory Category(int codePoint) => (UnicodeCategory)(Properties(codePoint) & CategoryMask);

    /// <summary><c>\p{L}</c>.</summary>
    public static bool IsLetter(int codePoint) => ((LetterCategories >> (int)(Properties(codePoint) & CategoryMask)) & 1) != 0;

    /// <summary><c>\p{N}</c>.</summary>
    public static bool IsNumber(int codePoint) => ((NumberCategories >> (int)(Properties(codePoint) & CategoryMask)) & 1) != 0;

    /// <summary>White_Space: <c>\s</c>, and what white-space splitting splits at.</summary>
    public static bool IsWhiteSpace(int codePoint) => (Properties(codePoint) & WhiteSpaceBit) != 0;

    /// <summary>What BERT and the punctuation pre-tokenizer split off: all ASCII punctuation and symbols, and Unicode P*.</summary>
    public static bool IsPunctuation(int codePoint) => (Properties(codePoint) & PunctuationBit) != 0;

    /// <summary>What the digits pre-tokenizer splits off: Nd, Nl and No.</summary>
    public static bool IsNumeric(int codePoint) => (Properties(codePoint) & NumericBit) != 0;

    /// <summary><c>\w</c> of the whitespace pre-tokenizer's <c>\w+|[^\w\s]+</c>.</summary>
    public static bool IsWord(int codePoint) => (Properties(codePoint) & WordBit) != 0;

    /// <summary>Cc, Cf and Co as BERT's cleaning drops them; tab, line feed and carriage return are among them.</summary>
    public static bool IsOther(int codePoint) => (Properties(codePoint) & OtherBit) != 0;

    /// <summary>Mn as BERT's accent stripping drops it.</summary>
    public static bool IsNonspacingMark(int codePoint) => (Properties(codePoint) & NonspacingMarkBit) != 0;

    /// <summary>M* as the strip-accents normalizer drops it.</summary>
    public static bool IsCombiningMark(int codePoint) => (Properties(codePoint) & CombiningMarkBit) != 0;

    /// <summary>The CJK ideographs that BERT sets between spaces.</summary>
    public static bool IsIdeograph(int codePoint) => (Properties(codePoint) & IdeographBit) != 0;

    /// <summary>
    /// Lower case of one code point, without context. <paramref name="second"/> is 0 except for İ (U+0130), which becomes
    /// <c>i</c> and U+0307.
    /// </summary>
    public static int ToLower(int codePoint, out int second)
    {
        second = 0;
        if ((Properties(codePoint) & LowerCaseBit) == 0) return codePoint;
        if (codePoint < 128) return codePoint | 0x20;
        if (codePoint == 0x130)
        {
            second = 0x307;
            return 'i';
        }

        int index = UnicodeTables.LowerCaseIndices[Slot(UnicodeTables.LowerCaseBlocks, codePoint)];
        return codePoint + UnicodeTables.LowerCaseValues[index];
    }

    /// <summary>The canonical combining class; 0 for what is no combining mark.</summary>
    public static int CombiningClass(int codePoint)
    {
        if ((Properties(codePoint) & CombiningClassBit) == 0) return 0;
        int index = UnicodeTables.CombiningClassIndices[Slot(UnicodeTables.CombiningClassBlocks, codePoint)];
        return UnicodeTables.CombiningClassValues[index];
    }

    /// <summary>True when the code point has a canonical (NFD) or, asked so, a compatibility (NFKD) decomposition.</summary>
    public static bool Decomposes(int codePoint, bool compatibility) =>
        (Properties(codePoint) & (compatibility ? CompatibilityBit : CanonicalBit)) != 0;

    /// <summary>True when the code point may compose with one before it (the second of some composition).</summary>
    public static bool ComposesWithPrevious(int codePoint) => (Properties(codePoint) & ComposesBit) != 0;

    internal static GraphemeBreak Break(int codePoint) => (GraphemeBreak)((Properties(codePoint) >> 13) & 15);

    internal static bool IsPictographic(int codePoint) => (Properties(codePoint) & PictographicBit) != 0;

    internal static bool IsConjunctLinker(int codePoint) => ((Properties(codePoint) >> 18) & 3) == 1;

    internal static bool IsConjunctConsonant(int codePoint) => ((Properties(codePoint) >> 18) & 3) == 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Properties(int codePoint)
    {
        if ((uint)codePoint < 128) return Unsafe.Add(ref MemoryMarshal.GetReference(UnicodeTables.AsciiProperties), codePoint);
        int slot = (UnicodeTables.PropertyBlocks[codePoint >> 7] << 7) | (codePoint & 127);
        return UnicodeTables.PropertyValues[UnicodeTables.PropertyIndices[slot]];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Slot(ReadOnlySpan<byte> blocks, int codePoint) => (blocks[codePoint >> 7] << 7) | (codePoint & 127);
}
