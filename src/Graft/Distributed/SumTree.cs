namespace Graft.Distributed;

/// <summary>
/// The fixed order in which the gradients of a batch's groups are added: a binary tree over their indices, ((0 + 1) + (2 + 3)) + …, that
/// does not depend on who holds which group.
/// Whoever holds neighbours adds them as far as whole subtrees reach; the rest is added along the same tree elsewhere. Addition of two
/// floats does not depend on their order, and nothing else is ever added: the bits are those of one process.
/// </summary>
internal static class SumTree
{
    /// <summary>A subtree: groups Start … Start + Length - 1.</summary>
    public readonly record struct Node(int Start, int Length)
    {
        /// <summary>Whether this stands directly left of another under one parent.</summary>
        public bool IsLeftOf(Node other) => Length == other.Length && Start + Length == other.Start && Start % (2 * Length) == 0;
    }

    /// <summary>The groups of a rank: a stretch of neighbours.</summary>
    public static (int First, int End) GroupsOf(int rank, int ranks, int groups) =>
        ((int)((long)groups * rank / ranks), (int)((long)groups * (rank + 1) / ranks));

    /// <summary>The largest whole subtrees of some neighbours, in order.</summary>
    public static IReadOnlyList<Node> SubtreesOf(int first, int end)
    {
        List<Node> nodes = [];
        for (int group = first; group < end; group++)
        {
            Node node = new(group, 1);
            while (nodes.Count > 0 && nodes[^1].IsLeftOf(node))
            {
                node = new Node(nodes[^1].Start, 2 * node.Length);
                nodes.RemoveAt(nodes.Count - 1);
            }

            nodes.Add(node);
        }

        return nodes;
    }

    /// <summary>Adds the sums of subtrees that together hold all groups.</summary>
    /// <param name="nodes">Subtrees with their sums, in order.</param>
    /// <param name="add">(a, b): a ← a + b.</param>
    /// <returns>The sum that then holds all.</returns>
    public static T Add<T>(IEnumerable<(Node Node, T Sum)> nodes, Action<T, T> add)
    {
        List<(Node Node, T Sum)> open = [];
        foreach ((Node next, T sum) in nodes)
        {
            (Node node, T total) = (next, sum);
            while (open.Count > 0 && open[^1].Node.IsLeftOf(node))
            {
                add(open[^1].Sum, total);
                (node, total) = (new Node(open[^1].Node.Start, 2 * node.Length), open[^1].Sum);
                open.RemoveAt(open.Count - 1);
            }

            open.Add((node, total));
        }

        // Where the number of groups is no power of two the tree lacks leaves at its right end: what is there moves up.
        while (open.Count > 1)
        {
            add(open[^2].Sum, open[^1].Sum);
            open.RemoveAt(open.Count - 1);
        }

        return open[0].Sum;
    }
}
