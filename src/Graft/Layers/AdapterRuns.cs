using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>
/// Which sequences of a batch use which adapter, as runs of neighbours: each adapter sees its own rows only, as if it were alone.
/// <code>
/// rows [0, 0, 2, −1] → adapter 0 on sequences 0 … 1, adapter 2 on sequence 2, none on sequence 3
/// </code>
/// </summary>
internal sealed class AdapterRuns
{
    /// <summary>The plain base.</summary>
    public const int None = -1;

    private readonly int[]? _boundaries;
    private readonly long _sequences;

    public AdapterRuns(IReadOnlyList<int> rows, EncoderInput input)
    {
        (_boundaries, _sequences) = (input.Boundaries, input.Sequences);
        if (rows.Count != _sequences) throw new ArgumentException($"{rows.Count} adapter rows for {_sequences} sequences", nameof(rows));
        List<AdapterRun> runs = [];
        for (int first = 0, end; first < rows.Count; first = end)
        {
            end = first + 1;
            while (end < rows.Count && rows[end] == rows[first]) end++;
            runs.Add(new AdapterRun(rows[first], first, end));
        }

        Runs = runs;
    }

    /// <summary>In the order of the batch.</summary>
    public IReadOnlyList<AdapterRun> Runs { get; }

    /// <summary>Applies each adapter to its rows of x; a run that comes back as it was costs nothing where all do.</summary>
    /// <param name="x">[B, …], [tokens, …] of a packed batch, or one row a sequence.</param>
    /// <param name="apply">(adapter, its rows) → what takes their place.</param>
    public Tensor Map(Tensor x, Func<int, Tensor, Tensor> apply)
    {
        if (Runs.Count == 1) return apply(Runs[0].Adapter, x);
        Tensor[] parts = [.. Runs.Select(run => Rows(x, run))];
        Tensor[] results = [.. parts.Select((part, i) => apply(Runs[i].Adapter, part))];
        return parts.Zip(results).All(pair => ReferenceEquals(pair.First, pair.Second)) ? x : cat(results, 0);
    }

    /// <summary>The same for two tensors of the same rows.</summary>
    public Tensor Map(Tensor x, Tensor y, Func<int, Tensor, Tensor, Tensor> apply) => Runs.Count == 1
        ? apply(Runs[0].Adapter, x, y)
        : cat([.. Runs.Select(run => apply(run.Adapter, Rows(x, run), Rows(y, run)))], 0);

    /// <summary>A run's rows of a tensor; a view.</summary>
    public Tensor Rows(Tensor x, AdapterRun run)
    {
        long rows = x.shape[0];
        if (_boundaries is not null && rows == _boundaries[^1])
            return x.slice(0, _boundaries[run.First], _boundaries[run.End], 1);
        return rows == _sequences
            ? x.slice(0, run.First, run.End, 1)
            : throw new ArgumentException($"{rows} rows are neither the batch's tokens nor its {_sequences} sequences", nameof(x));
    }
}

/// <summary>Neighbouring sequences that use one adapter.</summary>
/// <param name="Adapter">The number, or <see cref="AdapterRuns.None"/>.</param>
/// <param name="First">The first sequence.</param>
/// <param name="End">The one after the last.</param>
internal readonly record struct AdapterRun(int Adapter, int First, int End);
