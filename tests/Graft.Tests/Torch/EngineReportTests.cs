using Graft.Torch.Compute;
using Graft.Torch.Measurement;

namespace Graft.Tests.Torch;

public sealed class EngineReportTests
{
    [Fact]
    public void TheLibraryIsFoundAndPatched()
    {
        EngineReport report = EngineReport.Read();
        Assert.NotNull(report.Library);
        Assert.DoesNotContain("not patched", report.Patch, StringComparison.Ordinal);
        Assert.Equal(Environment.ProcessorCount, report.Processors);
        Assert.Equal("0.107.0", report.LibraryVersion);
    }

    [Fact]
    public void ImpossibleThreadsAreRefused() =>
        Assert.Throws<InputException>(() => new ComputeContext { Threads = 0 }.Validate());
}
