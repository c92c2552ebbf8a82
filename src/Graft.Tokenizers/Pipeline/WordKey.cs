using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Graft.Tokenizers.Pipeline;

/// <summary>
/// A short word packed into 128 bits, so that comparing two words is comparing two numbers: up to 15 units of ASCII and of U+2000…U+207F
/// (curly quotes, dashes, ellipsis) as bytes, or up to 7 of any kind as they are. The last byte says which. Words with U+0000 do not pack,
/// as unused places are zero.
/// </summary>
internal readonly record struct WordKey(ulong Low, ulong High)
{
    private const int MostBytes = 15;
    private const int MostUnits = 7;
    private const ulong UnitsMark = 1UL << 56;
    private const ushort GeneralPunctuation = 0x2000;

    /// <summary>Packs the word at a place of a text; false when it is too long.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryPack(ReadOnlySpan<char> text, int start, int length, out WordKey key)
    {
        if (length <= MostBytes && start + Vector128<byte>.Count <= text.Length && Vector128.IsHardwareAccelerated)
        {
            ref ushort first = ref Unsafe.As<char, ushort>(ref Unsafe.Add(ref MemoryMarshal.GetReference(text), start));
            Vector128<ushort> low = Vector128.LoadUnsafe(ref first);
            Vector128<ushort> high = Vector128.LoadUnsafe(ref first, 8);
            Vector128<byte> inWord = Vector128.LessThan(Vector128<byte>.Indices, Vector128.Create((byte)length));
            Vector128<byte> isAscii = Vector128.Narrow(Block(low, 0), Block(high, 0));
            Vector128<byte> isPunctuation = Vector128.Narrow(Block(low, GeneralPunctuation), Block(high, GeneralPunctuation));
            Vector128<byte> sevenBits = Vector128.Narrow(low, high) & Vector128.Create((byte)0x7F);
            Vector128<byte> bytes = (sevenBits | (isPunctuation & Vector128.Create((byte)0x80))) & inWord;
            Vector128<byte> bad = (Vector128.Equals(bytes, Vector128<byte>.Zero) | ~(isAscii | isPunctuation)) & inWord;
            if (bad == Vector128<byte>.Zero)
            {
                key = new(bytes.AsUInt64().ToScalar(), bytes.AsUInt64().GetElement(1));
                return true;
            }
        }

        return TryPackEach(text.Slice(start, length), out key);
    }

    // Which units lie in the block of 128 that begins at a code point.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Block(Vector128<ushort> units, ushort first) =>
        Vector128.Equals(units & Vector128.Create((ushort)0xFF80), Vector128.Create(first));

    /// <summary>A place in a table of 2^<paramref name="bits"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Hash(int bits)
    {
        ulong mixed = (Low ^ BitOperations.RotateLeft(High * 0xC2B2AE3D27D4EB4F, 31)) * 0x9E3779B97F4A7C15;
        return (int)(mixed >> (64 - bits));
    }

    private static bool TryPackEach(ReadOnlySpan<char> word, out WordKey key)
    {
        key = default;
        bool fitsBytes = true;
        foreach (char unit in word)
        {
            if (unit == 0) return false;
            fitsBytes &= (unit & 0xFF80) is 0 or GeneralPunctuation;
        }

        if (word.Length > (fitsBytes ? MostBytes : MostUnits)) return false;
        Span<ulong> halves = stackalloc ulong[2];
        halves.Clear();
        int bits = fitsBytes ? 8 : 16;
        for (int i = 0; i < word.Length; i++)
        {
            ulong value = !fitsBytes || word[i] < 0x80 ? word[i] : (ulong)(word[i] & 0x7F) | 0x80;
            halves[(i * bits) >> 6] |= value << ((i * bits) & 63);
        }

        key = new(halves[0], fitsBytes ? halves[1] : halves[1] | UnitsMark);
        return true;
    }
}
