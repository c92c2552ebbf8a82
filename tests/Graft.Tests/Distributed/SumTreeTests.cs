using Graft.Distributed;

namespace Graft.Tests.Distributed;

/// <summary>The order of additions is the same however many ranks hold the groups.</summary>
public sealed class SumTreeTests
{
    [Theory]
    [InlineData(1, "0")]
    [InlineData(2, "(0+1)")]
    [InlineData(3, "((0+1)+2)")]
    [InlineData(6, "(((0+1)+(2+3))+(4+5))")]
    [InlineData(8, "(((0+1)+(2+3))+((4+5)+(6+7)))")]
    public void TheTreeIsFixed(int groups, string expected) => Assert.Equal(expected, Sum(1, groups));

    [Fact]
    public void AnyNumberOfRanksAddsInTheSameOrder()
    {
        for (int groups = 1; groups <= 17; groups++)
        {
            string alone = Sum(1, groups);
            for (int ranks = 2; ranks <= groups; ranks++) Assert.Equal(alone, Sum(ranks, groups));
        }
    }

    [Fact]
    public void EveryGroupIsHeldOnce()
    {
        for (int ranks = 1; ranks <= 9; ranks++)
        {
            IEnumerable<int> held = Enumerable
                .Range(0, ranks)
                .SelectMany(rank => SumTree.GroupsOf(rank, ranks, 9) is var (first, end) ? Enumerable.Range(first, end - first) : []);
            Assert.Equal(Enumerable.Range(0, 9), held);
        }
    }

    /// <summary>A power of two of ranks sends one sum each: all-reduce's bytes.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void PowersOfTwoSendOneSubtreeEach(int ranks) =>
        Assert.All(Enumerable.Range(0, ranks), rank =>
            Assert.Single(SumTree.GroupsOf(rank, ranks, 8) is var (first, end) ? SumTree.SubtreesOf(first, end) : [])
        );

    /// <summary>What is added to what, written out: each rank its subtrees, an owner the rest.</summary>
    private static string Sum(int ranks, int groups)
    {
        List<(SumTree.Node, Box)> all = [];
        for (int rank = 0; rank < ranks; rank++)
        {
            (int first, int end) = SumTree.GroupsOf(rank, ranks, groups);
            foreach (SumTree.Node node in SumTree.SubtreesOf(first, end))
                all.Add(
                    (
                        node,
                        new Box(
                            SumTree
                                .Add(
                                    Enumerable
                                        .Range(node.Start, node.Length)
                                        .Select(group => (new SumTree.Node(group, 1), new Box($"{group}"))),
                                    Add
                                )
                                .Text
                        )
                    )
                );
        }

        return SumTree.Add(all, Add).Text;
    }

    private static void Add(Box target, Box source) => target.Text = $"({target.Text}+{source.Text})";

    private sealed class Box(string text)
    {
        public string Text { get; set; } = text;
    }
}
