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
    private byte _state;

    /// <summary>
    /// Whether a word is here; asked first, as the other fields of a word that another thread adds are there before this one.
    /// </summary>
    public bool IsUsed => Volatile.Read(ref _state) != 0;

    /// <summary>Some token stands for a text that is not the vocabulary's: whoever wants that text must encode anew.</summary>
    public readonly bool HasSurfaces => (_state & Surfaces) != 0;

    /// <summary>Lets other threads see the word.</summary>
    public void Publish(bool hasSurfaces) => Volatile.Write(ref _state, hasSurfaces ? (byte)(Used | Surfaces) : Used);
}

/// <summary>
/// Remembers what short words become. Natural text repeats its words, so nearly all of it is answered from here, whatever the model:
/// one hash, one compare of 128 bits, one copy. Bounded: when it is full it starts over.
/// All threads of a tokenizer share it, so that each word is learnt once and lies in the processor's cache once: they look words up without
/// a lock, in tables that are only added to, and take turns at adding.
/// </summary>
internal sealed class WordMemo
{
    private const int FirstBits = 10;
    private const int LastBits = 18;
    private const int MostTokens = 1 << 18;

    private readonly Lock _adding = new();
    private volatile Table _current = new(FirstBits, new MemoToken[256]);
    private int _count;
    private int _tokenCount;

    /// <summary>The words known now. Words that are added later may be in later tables only.</summary>
    public Table Current => _current;

    /// <summary>Remembers the tokens of a word; <paramref name="tokens"/> has it alone, from place 0 on.</summary>
    /// <returns>A table with the word in it, unless its tokens are too many to remember.</returns>
    public Table Add(WordKey key, TokenBuffer tokens)
    {
        if (tokens.Count > byte.MaxValue || tokens.WordCount > byte.MaxValue) return _current;
        lock (_adding)
        {
            if (_current.Find(key).IsUsed) return _current; // another thread was faster
            if (4 * (_count + 1) > 3 * _current.Size || _tokenCount + tokens.Count > MostTokens) MakeRoom();
            Table table = _current;
            ref MemoEntry entry = ref table.Find(key);
            entry.Key = key;
            entry.Rest = _tokenCount;
            entry.Count = (ushort)tokens.Count;
            entry.Words = (byte)tokens.WordCount;
            if (tokens.Count > 0) entry.First = TokenAt(tokens, 0);
            if (tokens.Count > 1)
            {
                Span<MemoToken> rest = table.Reserve(_tokenCount, tokens.Count);
                for (int i = 0; i < tokens.Count; i++) rest[i] = TokenAt(tokens, i);
                _tokenCount += tokens.Count;
            }

            entry.Publish(hasSurfaces: tokens.Surfaces is { Count: > 0 });
            _count++;
            return table;
        }
    }

    private static MemoToken TokenAt(TokenBuffer tokens, int index)
    {
        TextRange range = tokens.Offsets[index];
        return new(tokens.Ids[index], (byte)range.Start, (byte)range.End, (byte)tokens.WordIds[index]);
    }

    // Other threads may still read the table there is, so it is never changed, only replaced.
    private void MakeRoom()
    {
        if (_current.Bits < LastBits && _tokenCount + byte.MaxValue <= MostTokens)
        {
            _current = _current.Enlarged();
            return;
        }

        _current = new Table(_current.Bits, new MemoToken[256]);
        _count = 0;
        _tokenCount = 0;
    }

    /// <summary>Open addressing; a word lies at its hash or at the next free place behind.</summary>
    internal sealed class Table(int bits, MemoToken[] tokens)
    {
        private readonly MemoEntry[] _entries = new MemoEntry[1 << bits];
        private MemoToken[] _tokens = tokens;

        public int Bits => bits;

        public int Size => _entries.Length;

        /// <summary>The entry of a word; one that is not <see cref="MemoEntry.IsUsed"/> when it is not known.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public ref MemoEntry Find(WordKey key)
        {
            MemoEntry[] entries = _entries;
            int slot = key.Hash(bits);
            while (entries[slot].IsUsed && entries[slot].Key != key) slot = (slot + 1) & (entries.Length - 1);
            return ref entries[slot];
        }

        /// <summary>The tokens of an entry of this table with more than one.</summary>
        public ReadOnlySpan<MemoToken> TokensOf(ref MemoEntry entry) => _tokens.AsSpan(entry.Rest, entry.Count);

        /// <summary>Room for tokens behind those there are.</summary>
        public Span<MemoToken> Reserve(int start, int count)
        {
            // Entries that were published before lie in the part that both arrays share.
            if (start + count > _tokens.Length) Array.Resize(ref _tokens, Math.Max(2 * _tokens.Length, start + count));
            return _tokens.AsSpan(start, count);
        }

        /// <summary>The same words in twice the room.</summary>
        public Table Enlarged()
        {
            Table larger = new(bits + 1, _tokens);
            foreach (ref MemoEntry entry in _entries.AsSpan())
            {
                if (entry.IsUsed) larger.Find(entry.Key) = entry;
            }

            return larger;
        }
    }
}
