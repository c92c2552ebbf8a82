using CsCheck;
using Graft.Tokenizers.Models;

namespace Graft.Tokenizers.Tests.Models;

public sealed class MergeQueueTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(1_000_000)]
    public void TheLowestRankComesFirstAndOfOneRankTheLeftmost(int symbols)
    {
        MergeQueue queue = new();
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 50], Gen.Bool).Array[0, 60].Sample(
            steps =>
            {
                queue.Begin(symbols);
                List<Candidate> expected = [];
                foreach ((int rank, int position, bool pops) in steps)
                {
                    if (pops) Pop();
                    queue.Push(new(rank, position, 100 + rank));
                    expected.Add(new(rank, position, 100 + rank));
                }

                while (expected.Count > 0) Pop();
                Assert.False(queue.TryPop(out _));

                void Pop()
                {
                    Assert.Equal(expected.Count > 0, queue.TryPop(out Candidate first));
                    if (expected.Count == 0) return;
                    Assert.Equal(expected.Min(), first);
                    expected.Remove(first);
                }
            },
            iter: 500,
            threads: 1);
    }
}
