using System.Buffers.Binary;

namespace Graft.Tokenizers.SentencePiece;

/// <summary>
/// A trie over bytes as SentencePiece stores it in the precompiled map (darts-clone's double array): unit <c>u</c> of a node leads by
/// <c>node ^ offset(u) ^ byte</c> to the child whose label is that byte; a node with the leaf flag keeps its value at
/// <c>node ^ offset(u)</c>.
/// Every index is checked, so that a malformed array can only end a search.
/// </summary>
internal sealed class DoubleArray(uint[] units)
{
    private const uint LeafFlag = 1 << 8, ValueFlag = 1u << 31, LabelMask = ValueFlag | 0xFF;

    /// <summary>Reads little-endian units.</summary>
    public static DoubleArray Read(ReadOnlySpan<byte> bytes)
    {
        uint[] units = new uint[bytes.Length / 4];
        for (int i = 0; i < units.Length; i++) units[i] = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i * 4)..]);
        return new DoubleArray(units);
    }

    /// <summary>The node where every search starts.</summary>
    public int Root => units.Length == 0 ? 0 : (int)Offset(units[0]);

    /// <summary>
    /// Goes from <paramref name="node"/> (what the last step left there) along one byte. False: there is no such child.
    /// <paramref name="value"/> is that of the key that ends here, −1 when none does.
    /// </summary>
    public bool Step(ref int node, byte label, out int value)
    {
        value = -1;
        uint index = (uint)node ^ label;
        if (index >= (uint)units.Length) return false;
        uint unit = units[index];
        if ((unit & LabelMask) != label) return false;
        index ^= Offset(unit);
        node = (int)index;
        if ((unit & LeafFlag) != 0 && index < (uint)units.Length) value = (int)(units[index] & ~ValueFlag);
        return true;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1 << 9)) >> 6);
}
