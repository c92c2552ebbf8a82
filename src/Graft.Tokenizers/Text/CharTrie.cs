using System.Numerics;
using System.Runtime.CompilerServices;

namespace Graft.Tokenizers.Text;

/// <summary>
/// A trie over UTF-16 units in one open-addressing table. An entry is the edge (node, unit) → child with the child's value beside it,
/// so that a step costs one probe of one cache line. Built once, then read by any number of threads.
/// </summary>
internal sealed class CharTrie
{
    /// <summary>The node of the empty string.</summary>
    public const int Root = 0;

    /// <summary>What <see cref="Step"/> answers where no key goes on.</summary>
    public const int None = -1;

    private readonly struct Edge(ulong key, int child, int value)
    {
        public readonly ulong Key = key;
        public readonly int Child = child;
        public readonly int Value = value;
    }

    private Edge[] _edges;
    private int _shift;
    private int _count;

    /// <summary>Makes an empty trie with room for about <paramref name="expectedUnits"/> edges.</summary>
    public CharTrie(int expectedUnits = 16)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, 2 * expectedUnits));
        _edges = new Edge[size];
        _shift = 64 - BitOperations.Log2((uint)size);
    }

    /// <summary>Adds a key, or gives a key another value. Values are not negative.</summary>
    public void Add(ReadOnlySpan<char> key, int value)
    {
        int node = Root;
        for (int i = 0; i < key.Length; i++)
        {
            bool last = i == key.Length - 1;
            ref Edge edge = ref Find(KeyOf(node, key[i]));
            if (edge.Key == 0)
            {
                if (2 * (_count + 1) > _edges.Length)
                {
                    Grow();
                    edge = ref Find(KeyOf(node, key[i]));
                }

                edge = new Edge(KeyOf(node, key[i]), ++_count, last ? value : None);
            }
            else if (last)
            {
                edge = new Edge(edge.Key, edge.Child, value);
            }

            node = edge.Child;
        }
    }

    /// <summary>
    /// Goes from a node along a unit: the child, or <see cref="None"/>; <paramref name="value"/> is that of the key ending there, or
    /// <see cref="None"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Step(int node, char unit, out int value)
    {
        ref readonly Edge edge = ref Find(KeyOf(node, unit));
        if (edge.Key == 0)
        {
            value = None;
            return None;
        }

        value = edge.Value;
        return edge.Child;
    }

    /// <summary>The node a string leads to, or <see cref="None"/>; <paramref name="value"/> is that of the string itself.</summary>
    public int Walk(ReadOnlySpan<char> text, out int value)
    {
        int node = Root;
        value = None;
        foreach (char unit in text)
        {
            node = Step(node, unit, out value);
            if (node == None) return None;
        }

        return node;
    }

    // A key is never 0, because 1 is added: 0 marks a free entry.
    private static ulong KeyOf(int node, char unit) => (((ulong)(uint)node << 16) | unit) + 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref Edge Find(ulong key)
    {
        int mask = _edges.Length - 1;
        int slot = (int)((key * 0x9E3779B97F4A7C15) >> _shift);
        while (true)
        {
            ref Edge edge = ref _edges[slot];
            if (edge.Key == key || edge.Key == 0) return ref edge;
            slot = (slot + 1) & mask;
        }
    }

    private void Grow()
    {
        Edge[] old = _edges;
        _edges = new Edge[2 * old.Length];
        _shift--;
        foreach (Edge edge in old)
        {
            if (edge.Key != 0) Find(edge.Key) = edge;
        }
    }
}
