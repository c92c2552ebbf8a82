using System.Globalization;
using System.Diagnostics;
using Graft.Torch.Compute;
using Graft.Torch.Measurement;
using Graft.Torch.Native;
using Graft.Torch.Optimizers;

namespace Graft.Benchmarks;

/// <summary>What benchmarks need from outside.</summary>
public sealed record BenchmarkOptions
{
    /// <summary>A model folder (MiniLM benchmarks).</summary>
    public string? Model { get; init; }

    /// <summary>A file of labelled texts (MiniLM benchmarks).</summary>
    public string? Train { get; init; }

    /// <summary>A text file (tokenizer benchmarks).</summary>
    public string? Input { get; init; }

    /// <summary>Steps or passes that are timed, after those that warm up.</summary>
    public int Repetitions { get; init; } = 5;

    /// <summary>Refuses impossible options.</summary>
    /// <exception cref="InputException">The number of repetitions is not positive.</exception>
    public void Validate()
    {
        if (Repetitions < 1) throw new InputException("repetitions", Repetitions.ToString(CultureInfo.InvariantCulture), "at least 1");
    }
}

/// <summary>One figure.</summary>
/// <param name="Name">The benchmark's name.</param>
/// <param name="Value">What was measured.</param>
/// <param name="Unit">The unit.</param>
/// <param name="ShareOfPeak">Operations a second ÷ the fastest product of the same minute; null where operations are not what
/// counts.</param>
/// <param name="Baseline">What it is compared with, measured in the same run, in the same unit; null for nothing.</param>
/// <param name="Ratio">Time ÷ the baseline's time.</param>
/// <param name="PeakResidentBytes">The most memory the process has had until the end of this benchmark.</param>
public sealed record BenchmarkResult(
    string Name,
    double Value,
    string Unit,
    double? ShareOfPeak,
    double? Baseline,
    double? Ratio,
    long PeakResidentBytes
)
{
    /// <summary>Milliseconds of each part of the work, the fastest of each; null where there is but one.</summary>
    public IReadOnlyDictionary<string, double>? Parts { get; init; }
}

/// <summary>All results and the peak they stand beside.</summary>
/// <param name="PeakGflops">The fastest product measured in the whole run, 10⁹ operations a second.</param>
/// <param name="Results">One a benchmark.</param>
public sealed record BenchmarkReport(double PeakGflops, IReadOnlyList<BenchmarkResult> Results);

/// <summary>A measured piece of work: seconds of the fastest repetition, and the operations it had to do.</summary>
/// <param name="Seconds">The seconds of the fastest repetition.</param>
/// <param name="Operations">Floating-point operations by the formula of the benchmark; 0 where they do not count.</param>
/// <param name="Value">What is reported.</param>
/// <param name="Unit">The unit.</param>
/// <param name="BaselineSeconds">The baseline's time; null for none.</param>
internal sealed record Measurement(double Seconds, double Operations, double Value, string Unit, double? BaselineSeconds = null)
{
    /// <summary>Milliseconds of each part; null where there is but one.</summary>
    public IReadOnlyDictionary<string, double>? Parts { get; init; }
}

/// <summary>The registry: each benchmark prints a figure beside the machine's peak of the same minute.</summary>
public static class BenchmarkRunner
{
    private static readonly Dictionary<string, Func<BenchmarkOptions, Measurement>> s_benchmarks = new(StringComparer.Ordinal)
    {
        ["adamw-step"] = OptimizerBenchmark.Run,
        ["bert-base-training"] = EncoderBenchmarks.BertTraining,
        ["bert-base-inference"] = EncoderBenchmarks.BertInference,
        ["linear-long-rows"] = EncoderBenchmarks.LongRows,
        ["bert-base-loading"] = LoadingBenchmark.Run,
        ["pretrain-small"] = PretrainingBenchmark.AdamW,
        ["pretrain-small-muon"] = PretrainingBenchmark.Muon,
        ["pretrain-small-bf16"] = PretrainingBenchmark.Bf16,
        ["minilm-finetuning"] = FineTuningBenchmarks.Training,
        ["minilm-inference"] = FineTuningBenchmarks.Inference,
        ["minilm-inference-int8"] = FineTuningBenchmarks.Int8Inference,
        ["generate-gpt2-small"] = GenerationBenchmark.Run,
        ["tokenize-wordpiece"] = TokenizerBenchmarks.WordPiece,
        ["tokenize-byte-bpe"] = TokenizerBenchmarks.ByteBpe,
        ["tokenize-unigram"] = TokenizerBenchmarks.Unigram,
    };

    /// <summary>The names of all benchmarks.</summary>
    public static IReadOnlyCollection<string> Names => s_benchmarks.Keys;

    /// <summary>Those that the given files allow.</summary>
    private static IEnumerable<string> Possible(BenchmarkOptions options) => s_benchmarks.Keys.Where(name =>
        (!name.StartsWith("minilm", StringComparison.Ordinal) || (options.Model is not null && options.Train is not null))
        && (!name.StartsWith("tokenize", StringComparison.Ordinal) || options.Input is not null));

    /// <summary>Runs benchmarks one after the other.</summary>
    /// <param name="names">Which; empty for all that the given files allow.</param>
    /// <param name="options">Files and repetitions.</param>
    /// <param name="progress">Told each result as it comes.</param>
    /// <exception cref="InputException">A name is not known, or a file is missing.</exception>
    public static BenchmarkReport Run(IReadOnlyList<string> names, BenchmarkOptions options, Action<BenchmarkResult>? progress = null)
    {
        options.Validate();
        foreach (string name in names)
        {
            if (!s_benchmarks.ContainsKey(name))
                throw new InputException($"benchmark \"{name}\" is not known: use {string.Join(", ", s_benchmarks.Keys)}");
        }

        double highest = 0;
        List<BenchmarkResult> results = [];
        foreach (string name in names.Count > 0 ? names : [.. Possible(options)])
        {
            double before = PeakRate.Measure().Gflops;
            Measurement measured = s_benchmarks[name](options);
            double peak = Math.Max(before, PeakRate.Measure().Gflops);
            highest = Math.Max(highest, peak);
            BenchmarkResult result = new(
                name, measured.Value, measured.Unit,
                measured.Operations > 0 ? measured.Operations / measured.Seconds / 1e9 / peak : null,
                measured.BaselineSeconds is double baseline
                    ? measured.Unit.EndsWith("/s", StringComparison.Ordinal)
                        ? measured.Value * measured.Seconds / baseline
                        : measured.Value * baseline / measured.Seconds
                    : null,
                measured.BaselineSeconds is double seconds ? measured.Seconds / seconds : null,
                Memory.PeakResident) { Parts = measured.Parts };
            results.Add(result);
            progress?.Invoke(result);
        }

        return new BenchmarkReport(highest, results);
    }

    /// <summary>Seconds of the fastest of several calls, after some that are not counted.</summary>
    internal static double Fastest(Action work, int repetitions, int warmUp = 1)
    {
        for (int i = 0; i < warmUp; i++) work();
        double best = double.PositiveInfinity;
        for (int i = 0; i < repetitions; i++)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }
}
