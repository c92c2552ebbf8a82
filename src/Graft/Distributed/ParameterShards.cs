using Graft.Torch.Kernels;
using Graft.Torch.Optimizers;

namespace Graft.Distributed;

/// <summary>
/// Which rank sums and moves which part of the flat parameters (ZeRO-1; Rajbhandari et al. 2020, §5.1). Sums are cut where the norm's
/// blocks begin, so that its bits stay; an optimizer that needs whole matrices owns a matrix where it begins, and is sent what of it lies
/// beyond its sums.
/// </summary>
internal sealed class ParameterShards
{
    private readonly long[] _sums;
    private readonly long[] _owned;

    /// <param name="parameters">All of them.</param>
    /// <param name="ranks">Among whom they are cut.</param>
    /// <param name="wholeMatrices">Whether hidden matrices are not cut.</param>
    public ParameterShards(FlatParameters parameters, int ranks, bool wholeMatrices)
    {
        long count = parameters.Gradient.numel(), blocks = (count + FlatKernels.Block - 1) / FlatKernels.Block;
        _sums = [.. Enumerable.Range(0, ranks + 1).Select(rank => Math.Min(count, blocks * rank / ranks * FlatKernels.Block))];
        _owned =
        [
            .. _sums.Select(cut =>
                !wholeMatrices ? cut
                : parameters.Segments.FirstOrDefault(segment =>
                    segment.Parameter.Matrices is not null && segment.Offset < cut && cut < segment.Offset + segment.Count
                )
                    is { } matrix
                    ? matrix.Offset + matrix.Count
                : cut
            ),
        ];
    }

    /// <summary>The values whose squares a rank adds up.</summary>
    public (long From, long To) SumsOf(int rank) => (_sums[rank], _sums[rank + 1]);

    /// <summary>The values that a rank moves.</summary>
    public (long From, long To) OwnedBy(int rank) => (_owned[rank], _owned[rank + 1]);

    /// <summary>The values that a rank moves beyond those that it adds up: the rest of a matrix.</summary>
    public (long From, long To) LackedBy(int rank) => (_sums[rank + 1], Math.Max(_sums[rank + 1], _owned[rank + 1]));

    /// <summary>Where the values that each rank moves begin, in bytes, and where the last end.</summary>
    public IReadOnlyList<long> ByteCuts => [.. _owned.Select(cut => cut * sizeof(float))];
}
