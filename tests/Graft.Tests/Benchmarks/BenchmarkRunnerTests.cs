using Graft.Benchmarks;

namespace Graft.Tests.Benchmarks;

public sealed class BenchmarkRunnerTests
{
    [Fact]
    public void UnknownNamesAndMissingFilesAreRefused()
    {
        InputException unknown = Assert.Throws<InputException>(() => BenchmarkRunner.Run(["flops"], new BenchmarkOptions()));
        Assert.Contains("adamw-step", unknown.Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => BenchmarkRunner.Run(["tokenize-wordpiece"], new BenchmarkOptions()));
        Assert.Throws<InputException>(() => BenchmarkRunner.Run(["minilm-inference"], new BenchmarkOptions()));
    }

    [Fact]
    public void SmallPretrainingIsMeasuredBesideThePeak()
    {
        BenchmarkReport report = BenchmarkRunner.Run(["pretrain-small"], new BenchmarkOptions { Repetitions = 1 });
        BenchmarkResult result = Assert.Single(report.Results);
        Assert.True(result.Value > 0 && report.PeakGflops > 0);
        Assert.InRange(result.ShareOfPeak!.Value, 0.001, 1.5);
    }
}
