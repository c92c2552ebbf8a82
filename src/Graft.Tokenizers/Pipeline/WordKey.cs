using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Graft.Tokenizers.Pipeline;

/// <summary>
/// A short word packed into 128 bits, so that comparing two words is comparing two numbers: up to 16 ASCII characters as bytes, or up to
/// 7 other UTF-16 units marked by the highest bit, which no ASCII byte has. Words with U+0000 do not pack, as unused places are zero.
/// </summary>
internal readonly record struct WordKey(ulong Low, ulong High)
{
    private const int MostAscii = 16;
    private const int MostUnits = 7;
    private const ulong UnitsMark = 1UL << 63;

    /// <summary>Packs the word at a place of a text; false when it is too long.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryPack(ReadOnlySpan<char> text, int start, int length, out WordKey key)
    {
        if (length <= MostAscii && start + MostAscii <= text.Length && Vector128.IsHardwareAccelerated)
        {
            ref ushort first = ref Unsafe.As<char, ushort>(ref Unsafe.Add(ref MemoryMarshal.GetReference(text), start));
            Vector128<ushort> low = Vector128.LoadUnsafe(ref first);
            Vector128<ushort> high = Vector128.LoadUnsafe(ref first, 8);
            Vector128<byte> inWord = Vector128.LessThan(Vector128<byte>.Indices, Vector128.Create((byte)length));
            Vector128<byte> bytes = Vector128.Narrow(low, high) & inWord;
            Vector128<byte> zeros = Vector128.Equals(bytes, Vector128<byte>.Zero) & inWord;
            Vector128<byte> wide = ~Vector128.Narrow(Vector128.LessThan(low, Vector128.Create((ushort)0x80)), Vector128.LessThan(high, Vector128.Create((ushort)0x80))) & inWord;
            if ((zeros | wide) == Vector128<byte>.Zero)
            {
                key = new(bytes.AsUInt64().ToScalar(), bytes.AsUInt64().GetElement(1));
                return true;
            }
        }

        return TryPackEach(text.Slice(start, length), out key);
    }

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
        if (word.Length > MostAscii) return false;
        bool isAscii = System.Text.Ascii.IsValid(word);
        if (!isAscii && word.Length > MostUnits) return false;
        Span<ulong> halves = stackalloc ulong[2];
        halves.Clear();
        int bits = isAscii ? 8 : 16;
        for (int i = 0; i < word.Length; i++)
        {
            if (word[i] == 0) return false;
            int place = i * bits;
            halves[place >> 6] |= (ulong)word[i] << (place & 63);
        }

        key = new(halves[0], isAscii ? halves[1] : halves[1] | UnitsMark);
        return true;
    }
}
