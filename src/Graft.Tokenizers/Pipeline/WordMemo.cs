using System.Runtime.CompilerServices;

namespace Graft.Tokenizers.Pipeline;

/// <summary>A token of a remembered word; places count from the word's beginning.</summary>
internal readonly record struct MemoToken(int Id, byte Start, byte End, byte Word);

/// <summary>What a word is known to become. 32 bytes: two share a cache line, which is what a lookup mostly waits for.</summary>
internal struct MemoEntry
{
    private const byte Used = 1;
    private const byte Surfaces = 2;

    public WordKey Key;
    public MemoToken First;

    /// <summary>Where the tokens lie in the memo's list when there are more than one.</summary>
    public int Rest;
    public ushort Count;

    /// <summary>How many words of the model's view it has, as a piece of text without spaces may be several.</summary>
    public byte Words;
    private readonly byte _state;

    public MemoEntry(bool hasSurfaces) => _state = hasSurfaces ? (byte)(Used | Surfaces) : Used;

    public readonly bool IsUsed => _state != 0;

    /// <summary>Some token stands for a text that is not the vocabulary's: whoever wants that text must encode anew.</summary>
    public readonly bool HasSurfaces => (_state & Surfaces) != 0;
}

/// <summary>
/// Remembers what short words become. Natural text repeats its words, so nearly all of it is answered from here, whatever the model:
/// one hash, one compare of 128 bits, one copy. Bounded: when it is full it starts over.
/// </summary>
internal sealed class WordMemo
{
    private const int FirstBits = 10;
    private const int LastBits = 18;
    private const int MostTokens = 1 << 18;

    private MemoEntry[] _entries = new MemoEntry[1 << FirstBits];
    private MemoToken[] _tokens = new MemoToken[256];
    private int _bits = FirstBits;
    private int _count;
    private int _tokenCount;

    /// <summary>The entry of a word; one that is not <see cref="MemoEntry.IsUsed"/> when it is not known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref MemoEntry Find(WordKey key)
    {
        MemoEntry[] entries = _entries;
        int slot = key.Hash(_bits);
        while (entries[slot].IsUsed && entries[slot].Key != key) slot = (slot + 1) & (entries.Length - 1);
        return ref entries[slot];
    }

    /// <summary>The tokens of an entry with more than one.</summary>
    public ReadOnlySpan<MemoToken> TokensOf(ref MemoEntry entry) => _tokens.AsSpan(entry.Rest, entry.Count);

    /// <summary>Remembers the tokens of a word that is not known yet; <paramref name="tokens"/> has it alone, from place 0 on.</summary>
    public void Add(WordKey key, TokenBuffer tokens)
    {
        if (tokens.Count > byte.MaxValue || tokens.WordCount > byte.MaxValue) return;
        if (4 * (_count + 1) > 3 * _entries.Length || _tokenCount + tokens.Count > MostTokens) MakeRoom();
        MemoEntry entry = new(hasSurfaces: tokens.Surfaces is { Count: > 0 })
        {
            Key = key,
            Rest = _tokenCount,
            Count = (ushort)tokens.Count,
            Words = (byte)tokens.WordCount,
        };
        if (_tokenCount + tokens.Count > _tokens.Length) Array.Resize(ref _tokens, Math.Max(2 * _tokens.Length, _tokenCount + tokens.Count));
        for (int i = 0; i < tokens.Count; i++)
        {
            TextRange range = tokens.Offsets[i];
            MemoToken token = new(tokens.Ids[i], (byte)range.Start, (byte)range.End, (byte)tokens.WordIds[i]);
            if (i == 0) entry.First = token;
            if (tokens.Count > 1) _tokens[_tokenCount++] = token;
        }

        Find(key) = entry;
        _count++;
    }

    private void MakeRoom()
    {
        MemoEntry[] old = _entries;
        bool grows = _bits < LastBits && _tokenCount + byte.MaxValue <= MostTokens;
        _entries = grows ? new MemoEntry[2 * old.Length] : old;
        if (!grows)
        {
            Array.Clear(_entries);
            _count = 0;
            _tokenCount = 0;
            return;
        }

        _bits++;
        foreach (MemoEntry entry in old)
        {
            if (entry.IsUsed) Find(entry.Key) = entry;
        }
    }
}
