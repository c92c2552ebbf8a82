using System.Globalization;

namespace Graft.Data;

/// <summary>
/// One of the equal parts that a file, or all files of a folder or pattern, is cut into: by bytes, at the beginnings of records; of Parquet
/// by rows.
/// </summary>
/// <param name="Index">Which part, from 0.</param>
/// <param name="Count">How many there are.</param>
public readonly record struct InputShard(int Index, int Count)
{
    // (index, count, the first index) as schedulers hand them to their tasks.
    private static readonly (string Index, string? Count, string? First)[] s_schedulers =
    [
        ("JOB_COMPLETION_INDEX", null, null), // Kubernetes
        ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN"),
        ("RANK", "WORLD_SIZE", null), // torchrun, Kubeflow
    ];

    /// <summary>Reads <c>3/64</c>.</summary>
    /// <exception cref="InputException">It is no part of so many.</exception>
    public static InputShard Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] pieces = text.Split('/');
        return pieces.Length == 2 && Number(pieces[0]) is int index && Number(pieces[1]) is int count && index < count
            ? new InputShard(index, count)
            : throw new InputException("shard", text, "I/N with I from 0 to N - 1, such as 3/64");
    }

    /// <summary>The part that the scheduler gives this process.</summary>
    /// <param name="count">How many parts there are; null for as many as the scheduler has tasks.</param>
    /// <param name="environment">Environment variables; null where one is not set.</param>
    /// <exception cref="InputException">No scheduler says an index, or it has another number of tasks.</exception>
    public static InputShard OfScheduler(int? count, Func<string, string?> environment)
    {
        ArgumentNullException.ThrowIfNull(environment);
        if (count < 1) throw new InputException("shards", $"{count}", "at least 1");
        foreach ((string key, string? countKey, string? firstKey) in s_schedulers)
        {
            if (Variable(key, environment) is not int index) continue;
            int? tasks = countKey is null ? null : Variable(countKey, environment);
            index -= firstKey is null ? 0 : Variable(firstKey, environment) ?? 0;
            if (count is not null && tasks is not null && count != tasks)
                throw new InputException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"`shards` is {count}, but {countKey} is {tasks}: start as many tasks as there are shards"
                    )
                );
            int all = count
                ?? tasks
                ?? throw new InputException($"{key} says which shard this is, and nothing says how many there are: give `shards`");
            if (index < 0 || index >= all)
                throw new InputException(
                    string.Create(CultureInfo.InvariantCulture, $"{key} stands for shard {index}, counted from 0, of {all}: there is none")
                );
            return new InputShard(index, all);
        }

        throw new InputException(
            $"no scheduler says which shard this is ({string.Join(", ", s_schedulers.Select(scheduler => scheduler.Index))}): give "
                + $"`shard` as I/N"
        );
    }

    /// <summary>The bytes of the whole input that are this part's.</summary>
    /// <param name="size">All bytes.</param>
    internal (long From, long To) Of(long size) =>
        ((long)((UInt128)size * (uint)Index / (uint)Count), (long)((UInt128)size * ((uint)Index + 1) / (uint)Count));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Index}/{Count}");

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    private static int? Variable(string key, Func<string, string?> environment) => environment(key) switch
    {
        null or "" => null,
        string text => Number(text) ?? throw new InputException($"{key} is \"{text}\": a whole number is expected"),
    };
}
