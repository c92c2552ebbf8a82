using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Graft.Benchmarks;
using Graft.Distributed;
using Graft.Torch.Compute;

namespace Graft.Cli.Commands;

/// <summary>
/// <c>graft bench scaling</c>: an update of BERT-base on this machine, the link between ranks where mpirun started several, and what share
/// of N machines' speed remains when each update sends all-reduce's bytes over links of 1 to 100 Gbit/s: computing ÷ (computing + sending),
/// at 80 % of the wire's rate.
/// </summary>
internal static class ScalingBench
{
    public const string Name = "scaling";

    private const string Update = "bert-base-training";
    private const double Parameters = 109.5e6, WireShare = 0.8, BackwardShare = 2.0 / 3;
    private const int LargerBatch = 8;
    private const long LinkBytes = 64L << 20;
    private static readonly int[] s_nodes = [2, 4, 8, 16, 32, 64];
    private static readonly double[] s_gigabits = [1, 10, 25, 100];

    public static int Run(BenchmarkOptions options, int? threads, bool json)
    {
        IProcessGroup processes = ProcessGroups.Join();
        using ComputeScope computing = new ComputeContext
        {
            Threads = threads ?? (processes.Size > 1 ? processes.Processors : null),
        }.Enter();
        double? link = processes.Size > 1 ? Link(processes, options.Repetitions) : null;
        if (processes.Rank > 0) return ExitCodes.Ok; // rank 0 measures its update with the machine to itself
        BenchmarkResult step = BenchmarkRunner.Run([Update], options).Results[0];
        double seconds = step.Value / 1e3;
        JsonArray rows = [];
        if (!json)
        {
            Terminal.Out(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"BERT-base, 16 × 128 tokens: {step.Value:0} ms an "
                        + $"update{(step.ShareOfPeak is double share ? $", {share:P0} of this machine's peak" : "")}"
                )
            );
            if (link is double rate)
                Terminal.Out(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"link: {rate:0.0} Gbit/s from each rank to all others ({processes.Description})"
                    )
                );
            Terminal.Out("share of N machines' speed (in brackets: the sums sent beside the backward pass)");
        }

        foreach (int larger in new[] { 1, LargerBatch })
        {
            if (!json)
                Terminal.Out(
                    string.Create(CultureInfo.InvariantCulture, $"  {2048 * larger:N0} tokens a machine and update")
                        + string.Concat(Rates(link).Select(rate => string.Create(CultureInfo.InvariantCulture, $"{rate, 9:0.#} Gbit/s")))
                );
            foreach (int nodes in s_nodes)
            {
                List<string> cells = [];
                foreach (double rate in Rates(link))
                {
                    (double plain, double beside) = Efficiency(seconds * larger, nodes, rate);
                    cells.Add(string.Create(CultureInfo.InvariantCulture, $"{100 * plain, 8:0} ({100 * beside, 3:0}) %"));
                    rows.Add(
                        new JsonObject
                        {
                            ["nodes"] = nodes,
                            ["tokens"] = 2048 * larger,
                            ["gigabits"] = rate,
                            ["efficiency"] = plain,
                            ["efficiency_with_overlap"] = beside,
                        }
                    );
                }

                if (!json)
                    Terminal.Out(string.Create(CultureInfo.InvariantCulture, $"  {nodes, 3} machines {"", 17}") + string.Concat(cells));
            }
        }

        if (json)
            Terminal.Json(
                new JsonObject
                {
                    ["milliseconds"] = step.Value,
                    ["share_of_peak"] = step.ShareOfPeak,
                    ["link_gigabits"] = link,
                    ["expected"] = rows,
                }
            );
        return ExitCodes.Ok;
    }

    /// <summary>
    /// The share of speed that remains: without overlap, and with the gradients' half of the bytes sent during the backward pass.
    /// </summary>
    internal static (double Plain, double Overlapped) Efficiency(double seconds, int nodes, double gigabits)
    {
        double half = (nodes - 1.0) / nodes * Parameters * sizeof(float) * 8 / (gigabits * 1e9 * WireShare);
        return (seconds / (seconds + (2 * half)), seconds / (seconds + half + Math.Max(0, half - (BackwardShare * seconds))));
    }

    private static IEnumerable<double> Rates(double? link) => link is double measured ? [.. s_gigabits, measured / WireShare] : s_gigabits;

    /// <summary>Gathers a buffer over and over.</summary>
    /// <returns>10⁹ bits a second that each rank sends.</returns>
    private static unsafe double Link(IProcessGroup processes, int repetitions)
    {
        void* buffer = NativeMemory.AllocZeroed((nuint)LinkBytes);
        long[] cuts = [.. Enumerable.Range(0, processes.Size + 1).Select(rank => LinkBytes * rank / processes.Size)];
        double best = double.PositiveInfinity;
        for (int repetition = -1; repetition < repetitions; repetition++)
        {
            _ = processes.Meet(0, _ => default);
            long start = Stopwatch.GetTimestamp();
            processes.AllGather((nint)buffer, cuts);
            if (repetition >= 0) best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        NativeMemory.Free(buffer);
        return (cuts[1] - cuts[0]) * (processes.Size - 1.0) * 8 / best / 1e9;
    }
}
