using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Pretrained;
using Graft.Torch.Measurement;

namespace Graft.Cli.Commands;

/// <summary><c>graft doctor</c>: what this machine has and how fast it multiplies.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        Option<bool> json = CommonFlags.Json();
        Option<bool> noProbe = new("--no-probe") { Description = "Do not load libtorch and measure nothing." };
        Command command = new("doctor", "What this machine has: runtime, libtorch, threads, memory, speed of matrix products.")
        {
            json,
            noProbe,
        };
        command.SetAction(parsed => Run(parsed.GetValue(json), !parsed.GetValue(noProbe)));
        return command;
    }

    private static int Run(bool json, bool probe)
    {
        EngineReport report = EngineReport.Read();
        EngineProbe? measured = probe && report.Library is not null ? EngineReport.Probe() : null;
        if (json) Terminal.Json(Document(report, measured));
        else Print(report, measured);
        return report.Library is null || report.Patch.StartsWith("not patched", StringComparison.Ordinal) ? ExitCodes.Failed : ExitCodes.Ok;
    }

    private static void Print(EngineReport report, EngineProbe? probe)
    {
        Line("runtime", report.Runtime);
        Line("system", report.System);
        Line("processors", report.Processors.ToString(CultureInfo.InvariantCulture));
        Line("vectors", report.VectorInstructions);
        Line("memory", string.Create(CultureInfo.InvariantCulture, $"{report.MemoryBytes / 1e9:0.0} GB"));
        Line(
            "libtorch",
            report.Library is null
                ? "missing: there is one for linux-x64, win-x64 and osx-arm64"
                : $"{report.Library} (TorchSharp {report.LibraryVersion})"
        );
        Line("native patch", report.Patch);
        Line("cache", ModelHubOptions.FromEnvironment().CacheFolder);
        if (probe is null) return;
        Line("threads", probe.Threads.ToString(CultureInfo.InvariantCulture));
        Line(
            "products, fp32",
            string.Create(
                CultureInfo.InvariantCulture,
                $"MKL {probe.Peak.MklGflops:0} GFLOP/s, oneDNN {probe.Peak.OneDnnGflops:0} GFLOP/s; training uses {probe.Chosen}"
            )
        );
        Line(
            "products, bf16",
            probe.Bf16Gflops is double bf16
                ? string.Create(CultureInfo.InvariantCulture, $"{bf16:0} GFLOP/s (--precision bf16)")
                : "slower than fp32: needs AMX, or avx512_bf16 of AMD"
        );
        Line("CUDA devices", probe.CudaDevices.ToString(CultureInfo.InvariantCulture));
    }

    private static void Line(string name, string value) => Terminal.Out($"{name,-15} {value}");

    private static JsonObject Document(EngineReport report, EngineProbe? probe)
    {
        JsonObject document = new()
        {
            ["runtime"] = report.Runtime,
            ["system"] = report.System,
            ["processors"] = report.Processors,
            ["vectors"] = report.VectorInstructions,
            ["memory_bytes"] = report.MemoryBytes,
            ["libtorch"] = report.Library,
            ["torchsharp"] = report.LibraryVersion,
            ["native_patch"] = report.Patch,
            ["cache"] = ModelHubOptions.FromEnvironment().CacheFolder,
        };
        if (probe is null) return document;
        document["threads"] = probe.Threads;
        document["gflops"] = new JsonObject
        {
            ["mkl_fp32"] = Math.Round(probe.Peak.MklGflops, 1),
            ["onednn_fp32"] = Math.Round(probe.Peak.OneDnnGflops, 1),
            ["bf16"] = probe.Bf16Gflops is double bf16 ? Math.Round(bf16, 1) : null,
        };
        document["matrix_product"] = probe.Chosen.ToString().ToLowerInvariant();
        document["cuda_devices"] = probe.CudaDevices;
        return document;
    }
}
