using Graft.Cli.Commands;

namespace Graft.Tests.Distributed;

/// <summary>The model of what to expect of many machines.</summary>
public sealed class ScalingTests
{
    /// <summary>BERT-base on nodes that take 3.9 seconds an update, as reckoned by hand.</summary>
    [Theory]
    [InlineData(2, 1, 47, 64)]
    [InlineData(2, 10, 90, 95)]
    [InlineData(64, 1, 31, 39)] // half of the bytes take 4.3 s, of which the backward pass hides two thirds of 3.9
    [InlineData(64, 25, 92, 96)]
    public void TheShareOfSpeedThatRemainsFollowsFromBytesAndTime(int nodes, double gigabits, int plain, int overlapped)
    {
        (double alone, double beside) = ScalingBench.Efficiency(3.9, nodes, gigabits);
        Assert.Equal((plain, overlapped), ((int)Math.Round(100 * alone), (int)Math.Round(100 * beside)));
    }
}
