using Graft.Data;
using Graft.Evaluation;
using Microsoft.Extensions.Logging;

namespace Graft.Inference;

/// <summary>Two runs on the same examples: is the second better, and what does it cost?</summary>
/// <param name="First">The one run.</param>
/// <param name="Second">The other.</param>
/// <param name="Difference">Second minus first, mean credit an example (averaged over seeds), with a paired bootstrap interval.</param>
public sealed record RunComparison(RunEvaluation First, RunEvaluation Second, PairedComparison Difference)
{
    /// <summary>Evaluates both and compares them example by example.</summary>
    /// <param name="first">A run or model folder.</param>
    /// <param name="second">Another.</param>
    /// <param name="input">Labelled examples; null: the development data of the first run.</param>
    /// <param name="columns">Which columns hold what.</param>
    /// <param name="logger">Told how the file is read for each run, and where that departs from its training data.</param>
    /// <param name="calibrated">Whether confidence is divided by the temperatures that the runs fitted.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="InputException">A folder or file cannot be used, or the tasks differ.</exception>
    public static RunComparison Compare(
        string first,
        string second,
        string? input,
        ColumnOptions? columns = null,
        ILogger? logger = null,
        bool calibrated = true,
        CancellationToken cancellationToken = default
    )
    {
        RunEvaluation one = RunEvaluation.Evaluate(
            first,
            input,
            columns,
            logger: logger,
            calibrated: calibrated,
            cancellationToken: cancellationToken
        );
        RunEvaluation two = RunEvaluation.Evaluate(
            second,
            input ?? one.Runs[0].Data.Path,
            columns,
            logger: logger,
            calibrated: calibrated,
            cancellationToken: cancellationToken
        );
        return Between(one, two);
    }

    /// <summary>Compares two evaluations of the same examples.</summary>
    /// <exception cref="InputException">The tasks or the numbers of examples differ.</exception>
    public static RunComparison Between(RunEvaluation first, RunEvaluation second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (first.Task != second.Task)
            throw new InputException(
                $"{first.Runs[0].Folder} is a {first.Task} run and {second.Runs[0].Folder} a {second.Task} run: only runs of one task can "
                    + $"be compared"
            );
        if (first.Examples != second.Examples)
            throw new InputException($"{first.Examples} and {second.Examples} examples: only answers to the same ones can be compared");
        double[] before = Credits(first),
            after = Credits(second);
        PairedComparison difference = Bootstrap.Paired(
            before.Length,
            positions =>
            {
                double sum = 0;
                foreach (int i in positions) sum += after[i] - before[i];
                return sum / positions.Length;
            },
            seed: 0);
        return new RunComparison(first, second, difference);
    }

    /// <summary>Bytes of a run's weights on disk.</summary>
    /// <param name="folder">The folder.</param>
    public static long BytesOf(string folder) => Directory.EnumerateFiles(folder, "*.safetensors").Sum(file => new FileInfo(file).Length);

    private static double[] Credits(RunEvaluation evaluation) =>
        [.. Enumerable.Range(0, evaluation.Examples).Select(i => evaluation.Runs.Average(run => run.Credits[i]))];
}
