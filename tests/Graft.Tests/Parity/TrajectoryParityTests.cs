using Graft.Parity;

namespace Graft.Tests.Parity;

public sealed class TrajectoryParityTests
{
    [Fact]
    public void TheTrainerFollowsTheReference()
    {
        ParityReport report = ParityRunner.Run(TestData.Shared("parity", "trainer-trajectory"));
        Assert.Equal(
            ["loss", "gradient norm", "learning rate", "parameters", "parameters without exact gradient"],
            report.Groups.Select(group => group.Name)
        );
        Assert.All(report.Groups, group => Assert.True(group.Passed, group.ToString()));
    }
}
