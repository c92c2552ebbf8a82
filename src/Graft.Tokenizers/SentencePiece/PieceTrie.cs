using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Graft.Tokenizers.SentencePiece;

/// <summary>
/// A trie over UTF-8 for looking pieces up along a text: a double array of small cells, where a child's cell names its parent, so that a
/// step is one load and one comparison. Built once; a step never leaves the array.
/// </summary>
internal sealed class PieceTrie
{
    /// <summary>The node of the empty string.</summary>
    public const int Root = 0;

    // What the bytes of the children are xor-ed with, the parent, and the value of the key that ends here or −1.
    private struct Cell
    {
        public int Base;
        public int Parent;
        public int Value;
    }

    private Cell[] _cells = [];
    private int _firstFree = 1;

    /// <summary>Builds the trie of keys in any order; a key given twice keeps its first value.</summary>
    public PieceTrie(IEnumerable<(byte[] Key, int Value)> keys)
    {
        (byte[] Key, int Value)[] sorted = [.. keys.Where(k => k.Key.Length > 0)];
        Array.Sort(sorted, (a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key) is int order and not 0 ? order : a.Value.CompareTo(b.Value));
        Resize(1024);
        _cells[Root].Parent = -2;
        Build(sorted);
    }

    public bool IsEmpty { get; private set; } = true;

    /// <summary>
    /// Goes from a node along a byte; false when no key goes on. <paramref name="value"/>: of the key ending there, or −1.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Step(ref int node, byte label, out int value)
    {
        ref Cell cells = ref MemoryMarshal.GetArrayDataReference(_cells);
        // Bases are multiples of 256 in effect: base ^ label stays inside the 256 cells that were made for the base.
        int child = Unsafe.Add(ref cells, node).Base ^ label;
        ref Cell found = ref Unsafe.Add(ref cells, child);
        value = found.Value;
        if (found.Parent != node)
        {
            value = -1;
            return false;
        }

        node = child;
        return true;
    }

    /// <summary>The longest key that text starts with: its length, or 0.</summary>
    public int LongestPrefix(ReadOnlySpan<byte> text, out int value)
    {
        int node = Root, length = 0;
        value = -1;
        for (int i = 0; i < text.Length && Step(ref node, text[i], out int found); i++)
        {
            if (found < 0) continue;
            length = i + 1;
            value = found;
        }

        return length;
    }

    /// <summary>The value of a key, or −1.</summary>
    public int Find(ReadOnlySpan<byte> key)
    {
        int node = Root, value = -1;
        foreach (byte label in key)
        {
            if (!Step(ref node, label, out value)) return -1;
        }

        return value;
    }

    private void Build((byte[] Key, int Value)[] keys)
    {
        // Nodes still to be laid out: a range of the sorted keys that share the first Depth bytes.
        Queue<(int Node, int From, int To, int Depth)> pending = new();
        pending.Enqueue((Root, 0, keys.Length, 0));
        List<(byte Label, int From, int To)> children = [];
        while (pending.TryDequeue(out (int Node, int From, int To, int Depth) item))
        {
            children.Clear();
            for (int i = item.From; i < item.To;)
            {
                byte label = keys[i].Key[item.Depth];
                int end = i + 1;
                while (end < item.To && keys[end].Key[item.Depth] == label) end++;
                children.Add((label, i, end));
                i = end;
            }

            if (children.Count == 0) continue;
            IsEmpty = false;
            int at = FindBase(children);
            _cells[item.Node].Base = at;
            foreach ((byte label, int from, int to) in children)
            {
                int child = at ^ label;
                _cells[child].Parent = item.Node;
                int rest = from;
                while (rest < to && keys[rest].Key.Length == item.Depth + 1) rest++;
                if (rest > from) _cells[child].Value = keys[from].Value;
                pending.Enqueue((child, rest, to, item.Depth + 1));
            }
        }
    }

    // The first base from which all children fall on free cells.
    private int FindBase(List<(byte Label, int From, int To)> children)
    {
        while (_cells[_firstFree].Parent != -1)
        {
            if (++_firstFree == _cells.Length) Resize(2 * _cells.Length);
        }

        int tried = 0;
        for (int cell = _firstFree; ; cell++)
        {
            if ((cell | 255) >= _cells.Length) Resize(2 * _cells.Length);
            if (_cells[cell].Parent != -1) continue;
            int at = cell ^ children[0].Label;
            bool free = true;
            for (int i = 1; i < children.Count && free; i++) free = _cells[at ^ children[i].Label].Parent == -1;
            if (free) return at;
            // In a crowded stretch start further on, so that building stays linear.
            if (++tried == 64 && children.Count > 1) cell = Math.Max(cell, _firstFree = Math.Min(_firstFree + 64, cell));
        }
    }

    private void Resize(int size)
    {
        int old = _cells.Length;
        Array.Resize(ref _cells, size);
        for (int i = old; i < size; i++)
        {
            _cells[i].Parent = -1;
            _cells[i].Value = -1;
        }
    }
}
