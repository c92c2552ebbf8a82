using System.Text.Json;
using Graft.Training;

namespace Graft.Tests.Training;

/// <summary>The multipliers of every update against those of the reference.</summary>
public sealed class ScheduleTests
{
    [Theory]
    [InlineData("linear", ScheduleKind.Linear, 1, 1)]
    [InlineData("cosine", ScheduleKind.Cosine, 1, 1)]
    [InlineData("cosine_with_restarts_2", ScheduleKind.CosineRestarts, 2, 1)]
    [InlineData("cosine_with_restarts_3", ScheduleKind.CosineRestarts, 3, 1)]
    [InlineData("polynomial_power_1", ScheduleKind.Polynomial, 1, 1)]
    [InlineData("polynomial_power_2", ScheduleKind.Polynomial, 1, 2)]
    [InlineData("constant_with_warmup", ScheduleKind.Constant, 1, 1)]
    [InlineData("inverse_sqrt", ScheduleKind.InverseSqrt, 1, 1)]
    public void EqualsTheReference(string name, ScheduleKind kind, int cycles, double power)
    {
        using JsonDocument goldens = JsonDocument.Parse(File.ReadAllBytes(TestData.Shared("parity", "schedules.json")));
        Schedule schedule = new() { Kind = kind, Cycles = cycles, Power = power, Warmup = 0.1 };
        int update = 0;
        foreach (JsonElement expected in goldens.RootElement.GetProperty(name).EnumerateArray())
        {
            Assert.Equal(expected.GetDouble(), schedule.Multiplier(update, schedule.WarmupUpdates(100), 100), 1e-12);
            update++;
        }
    }

    [Fact]
    public void WarmupIsRoundedUp()
    {
        Assert.Equal(2, new Schedule { Warmup = 0.1 }.WarmupUpdates(12));
        Assert.Equal(50, new Schedule { Warmup = 50 }.WarmupUpdates(1000));
    }

    [Fact]
    public void OneCycleRisesAndFalls()
    {
        Schedule schedule = new() { Kind = ScheduleKind.OneCycle };
        double[] multipliers = [.. Enumerable.Range(0, 101).Select(update => schedule.Multiplier(update, 0, 101))];
        Assert.Equal(0.04, multipliers[0], 1e-12);
        Assert.Equal(1, multipliers[30], 1e-12);
        Assert.Equal(0.04 / 1e4, multipliers[100], 1e-12);
    }
}
