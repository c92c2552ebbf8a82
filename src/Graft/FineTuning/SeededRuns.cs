using System.Globalization;
using Graft.Runs;
using Graft.Training;
using Microsoft.Extensions.Logging;

namespace Graft.Tasks;

/// <summary>
/// The same run with several seeds: each in <c>RUN/seed-S</c>, and <c>RUN/summary.json</c> with mean and deviation. One seed says little
/// about a method: on small data the spread between seeds is often larger than the difference between methods.
/// </summary>
public static class SeededRuns
{
    /// <summary>Trains with seed, seed + 1 …; with one seed the run folder is the output itself.</summary>
    /// <param name="options">The run; its seed is the first.</param>
    /// <param name="seeds">How many.</param>
    /// <param name="observers">The observers the run of a seed.</param>
    /// <param name="logger">Told what a person should know.</param>
    /// <param name="cancellationToken">Interrupts after writing a checkpoint; resume goes on with the seed that was under way.</param>
    /// <inheritdoc cref="FineTuning.Run" path="/exception"/>
    public static IReadOnlyList<(ulong Seed, FineTuningResult Result)> Run(
        FineTuningOptions options,
        int seeds,
        Func<ulong, IReadOnlyList<ITrainingObserver>>? observers = null,
        ILogger? logger = null,
        CancellationToken cancellationToken = default
    )
    {
        ulong first = options.Training.Seed;
        if (seeds == 1) return [(first, FineTuning.Run(options, observers?.Invoke(first), logger, cancellationToken))];
        bool isFirst = options.Training.Processes is null or { Rank: 0 };
        if (isFirst) RunFolder.RequireFree(options.Output, options.Resume, options.Overwrite);
        List<(ulong Seed, FineTuningResult Result)> results = [];
        for (ulong seed = first; seed < first + (ulong)seeds; seed++)
        {
            string folder = Path.Combine(options.Output, string.Create(CultureInfo.InvariantCulture, $"seed-{seed}"));
            logger?.Tell(string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {folder}"));
            FineTuningOptions run = options with { Output = folder, Training = options.Training with { Seed = seed } };
            results.Add((seed, FineTuning.Run(run, observers?.Invoke(seed), logger, cancellationToken)));
        }

        if (isFirst)
            RunSeeds.WriteSummary(options.Output, [.. results.Select(run => (run.Seed, run.Result.Scores))], options.Task.LargerIsBetter);
        return results;
    }
}
