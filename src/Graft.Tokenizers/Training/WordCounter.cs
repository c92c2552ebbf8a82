using System.Buffers.Binary;

namespace Graft.Tokenizers.Training;

/// <summary>
/// Counts byte strings: an open-addressing table over one arena, because a corpus has tens of millions of words and few distinct ones.
/// </summary>
internal sealed class WordCounter
{
    private struct Entry
    {
        public ulong Hash;
        public int Start;
        public int Length;
        public long Count;
    }

    private Entry[] _entries = new Entry[1 << 12];
    private byte[] _arena = new byte[1 << 14];
    private int _arenaUsed;

    /// <summary>The number of distinct words.</summary>
    public int Distinct { get; private set; }

    /// <summary>Adds to the count of a word; the empty word is not counted.</summary>
    public void Add(ReadOnlySpan<byte> word, long count = 1)
    {
        if (word.IsEmpty) return;
        ulong hash = Hash(word);
        int mask = _entries.Length - 1;
        for (int slot = (int)(hash >> 32) & mask; ; slot = (slot + 1) & mask)
        {
            ref Entry entry = ref _entries[slot];
            if (entry.Count == 0)
            {
                Insert(ref entry, word, hash, count);
                return;
            }

            if (entry.Hash == hash && entry.Length == word.Length && _arena.AsSpan(entry.Start, entry.Length).SequenceEqual(word))
            {
                entry.Count += count;
                return;
            }
        }
    }

    /// <summary>Adds all counts of another counter.</summary>
    public void Add(WordCounter other)
    {
        foreach (ref readonly Entry entry in other._entries.AsSpan())
        {
            if (entry.Count > 0) Add(other._arena.AsSpan(entry.Start, entry.Length), entry.Count);
        }
    }

    /// <summary>The words in the order of their bytes, with their counts.</summary>
    public WordCounts ToSorted()
    {
        Entry[] entries = new Entry[Distinct];
        int used = 0;
        foreach (Entry entry in _entries)
        {
            if (entry.Count > 0) entries[used++] = entry;
        }

        byte[] arena = _arena;
        Array.Sort(entries, (a, b) => arena.AsSpan(a.Start, a.Length).SequenceCompareTo(arena.AsSpan(b.Start, b.Length)));
        (int, int)[] ranges = new (int, int)[used];
        long[] counts = new long[used];
        for (int i = 0; i < used; i++)
        {
            ranges[i] = (entries[i].Start, entries[i].Length);
            counts[i] = entries[i].Count;
        }

        return new WordCounts(arena, ranges, counts);
    }

    private void Insert(ref Entry entry, ReadOnlySpan<byte> word, ulong hash, long count)
    {
        if (_arena.Length - _arenaUsed < word.Length) Array.Resize(ref _arena, Math.Max(2 * _arena.Length, _arenaUsed + word.Length));
        word.CopyTo(_arena.AsSpan(_arenaUsed));
        entry = new Entry { Hash = hash, Start = _arenaUsed, Length = word.Length, Count = count };
        _arenaUsed += word.Length;
        if (++Distinct * 2 > _entries.Length) Grow();
    }

    private void Grow()
    {
        Entry[] old = _entries;
        _entries = new Entry[2 * old.Length];
        int mask = _entries.Length - 1;
        foreach (Entry entry in old)
        {
            if (entry.Count == 0) continue;
            int slot = (int)(entry.Hash >> 32) & mask;
            while (_entries[slot].Count != 0) slot = (slot + 1) & mask;
            _entries[slot] = entry;
        }
    }

    private static ulong Hash(ReadOnlySpan<byte> word)
    {
        const ulong Multiplier = 0x9E3779B97F4A7C15;
        ulong hash = (ulong)word.Length;
        while (word.Length >= 8)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(word));
            word = word[8..];
        }

        ulong rest = 0;
        for (int i = 0; i < word.Length; i++) rest |= (ulong)word[i] << (8 * i);
        return Mix(hash ^ rest);

        static ulong Mix(ulong value)
        {
            value *= Multiplier;
            return value ^ (value >> 29);
        }
    }
}

/// <summary>Distinct words in the order of their bytes, with their counts.</summary>
internal sealed class WordCounts(byte[] arena, (int Start, int Length)[] ranges, long[] counts)
{
    public int Count => ranges.Length;

    public ReadOnlySpan<byte> Word(int index) => arena.AsSpan(ranges[index].Start, ranges[index].Length);

    public long Frequency(int index) => counts[index];
}
