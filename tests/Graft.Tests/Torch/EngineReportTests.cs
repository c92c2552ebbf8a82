using Graft.Torch.Compute;
using Graft.Torch.Measurement;

namespace Graft.Tests.Torch;

public sealed class EngineReportTests
{
    [Fact]
    public void The_library_is_found_and_patched()
    {
        EngineReport report = EngineReport.Read();
        Assert.NotNull(report.Library);
        Assert.DoesNotContain("not patched", report.Patch, StringComparison.Ordinal);
        Assert.Equal(Environment.ProcessorCount, report.Processors);
        Assert.Equal("0.107.0", report.LibraryVersion);
    }

    [Fact]
    public void Impossible_threads_are_refused() =>
        Assert.Throws<InputException>(() => new ComputeContext { Threads = 0 }.Validate());
}
