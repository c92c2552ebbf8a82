using System.Buffers.Binary;

namespace Graft.Tokenizers.SentencePiece;

/// <summary>
/// SentencePiece's precompiled character map: UTF-8 keys of one or more characters and what replaces them (nmt_nfkc and its like).
/// SentencePiece itself takes the longest key at each place (<see cref="Longest"/>); the <c>Precompiled</c> normalizer of
/// Hugging Face's library asks for a grapheme cluster's shortest prefix (<see cref="Shortest"/>) and replaces the whole cluster by it.
/// </summary>
internal sealed class PrecompiledMap
{
    private readonly DoubleArray _trie;
    private readonly byte[] _replacements;
    private readonly bool[] _plainAscii = new bool[256];

    private PrecompiledMap(DoubleArray trie, byte[] replacements)
    {
        _trie = trie;
        _replacements = replacements;
        for (int b = 0; b < 128; b++) _plainAscii[b] = IsPlain((byte)b);
    }

    /// <summary>
    /// Reads the map as it stands in a model file, or base64-decoded in a <c>tokenizer.json</c>: the length in bytes of the trie (32 bits,
    /// little-endian), the trie, the replacements, each ended by a zero byte.
    /// </summary>
    /// <exception cref="InputException">The lengths do not fit together.</exception>
    public static PrecompiledMap Read(ReadOnlySpan<byte> blob)
    {
        if (blob.Length < 4) throw Malformed("is shorter than its own header");
        uint trieBytes = BinaryPrimitives.ReadUInt32LittleEndian(blob);
        if (trieBytes % 4 != 0 || trieBytes > (uint)(blob.Length - 4)) throw Malformed("names a trie longer than itself");
        ReadOnlySpan<byte> replacements = blob[(4 + (int)trieBytes)..];
        if (replacements.Length > 0 && replacements[^1] != 0) throw Malformed("does not end with a zero byte");
        return new PrecompiledMap(DoubleArray.Read(blob.Slice(4, (int)trieBytes)), replacements.ToArray());
    }

    /// <summary>
    /// The longest key that <paramref name="text"/> (UTF-8) starts with: its length in bytes, 0 when there is none, and its replacement.
    /// </summary>
    public int Longest(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement)
    {
        int node = _trie.Root, length = 0, found = -1;
        for (int i = 0; i < text.Length && _trie.Step(ref node, text[i], out int value); i++)
        {
            if (value < 0) continue;
            length = i + 1;
            found = value;
        }

        replacement = length == 0 ? default : Replacement(found);
        return length;
    }

    /// <summary>The shortest key that <paramref name="text"/> (UTF-8) starts with; see <see cref="Longest"/>.</summary>
    public int Shortest(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement)
    {
        int node = _trie.Root;
        for (int i = 0; i < text.Length && text[i] != 0 && _trie.Step(ref node, text[i], out int value); i++)
        {
            if (value < 0) continue;
            replacement = Replacement(value);
            return i + 1;
        }

        replacement = default;
        return 0;
    }

    /// <summary>True when an ASCII character that another ASCII character follows stays itself, whatever the two are.</summary>
    public bool IsPlainAscii(byte character) => _plainAscii[character];

    private bool IsPlain(byte first)
    {
        int node = _trie.Root;
        if (!_trie.Step(ref node, first, out int value)) return true;
        if (value >= 0) return false;
        for (int second = 0; second < 128; second++)
        {
            int child = node;
            if (_trie.Step(ref child, (byte)second, out _)) return false;
        }

        return true;
    }

    private ReadOnlySpan<byte> Replacement(int start)
    {
        if ((uint)start >= (uint)_replacements.Length) return default;
        ReadOnlySpan<byte> rest = _replacements.AsSpan(start);
        return rest[..rest.IndexOf((byte)0)];
    }

    private static InputException Malformed(string what) => new($"The precompiled character map {what}; the model file is damaged");
}
