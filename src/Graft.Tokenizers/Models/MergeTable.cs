using System.Numerics;

namespace Graft.Tokenizers.Models;

/// <summary>What two neighbouring tokens merge to.</summary>
/// <param name="Rank">The merge's place in the list: lower merges first.</param>
/// <param name="Id">The token they become.</param>
internal readonly record struct Merge(int Rank, int Id);

/// <summary>Finds the merge of two tokens: an open-addressing table over both ids packed into one number.</summary>
internal sealed class MergeTable
{
    private const ulong Free = ulong.MaxValue;

    private readonly record struct Entry(ulong Key, Merge Merge);

    private readonly Entry[] _entries;
    private readonly int _shift;

    public MergeTable(IReadOnlyList<(int Left, int Right, int Result)> merges)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, 2 * merges.Count));
        _entries = new Entry[size];
        _shift = 64 - BitOperations.Log2((uint)size);
        Array.Fill(_entries, new(Free, default));
        for (int rank = 0; rank < merges.Count; rank++)
        {
            (int left, int right, int result) = merges[rank];
            ulong key = Key(left, right);
            _entries[SlotOf(key)] = new(key, new(rank, result));
        }
    }

    public bool TryGet(int left, int right, out Merge merge)
    {
        ref readonly Entry entry = ref _entries[SlotOf(Key(left, right))];
        merge = entry.Merge;
        return entry.Key != Free;
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int SlotOf(ulong key)
    {
        int slot = (int)((key * 0x9E3779B97F4A7C15) >> _shift);
        while (_entries[slot].Key != key && _entries[slot].Key != Free) slot = (slot + 1) & (_entries.Length - 1);
        return slot;
    }
}
