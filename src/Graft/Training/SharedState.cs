using Graft.Checkpoints;
using Graft.Distributed;
using Graft.Torch.Native;
using Graft.Torch.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Training;

/// <summary>
/// The optimizer's state where each rank has a part of it. Rank 0 writes it whole, as one process would, a tensor at a time in the order of
/// the file: a checkpoint does not depend on the number of ranks, and nobody needs room for all of it.
/// </summary>
internal sealed unsafe class SharedState(IProcessGroup processes, ParameterShards shards)
{
    /// <summary>Whether this rank writes.</summary>
    public bool IsWriter => processes.Rank == 0;

    /// <summary>Rank 0's number, on all ranks.</summary>
    public long OfFirst(long number) => processes.OfFirst(number);

    /// <summary>All moments, on rank 0: fetched from their owners when they are written.</summary>
    public IReadOnlyList<TensorToWrite> Moments(FlatParameters parameters, Optimizer optimizer)
    {
        Dictionary<string, Tensor> own = optimizer
            .Moments()
            .ToDictionary(moment => moment.Name, moment => moment.View, StringComparer.Ordinal);
        return
        [
            .. InOrder(parameters, optimizer)
                .Select(entry => new TensorToWrite(entry.Name, ElementType.F32, entry.Segment.Parameter.Value.shape, stream =>
                {
                    using Tensor whole = empty(entry.Segment.Count, ScalarType.Float32);
                    float* values = Dispatcher.Data(whole);
                    List<RankMessage> receive = [];
                    for (int rank = 0; rank < processes.Size; rank++)
                    {
                        (long start, long count) = StretchOf(rank, entry.Segment);
                        if (count == 0)
                            continue;
                        if (rank > 0)
                            receive.Add(new RankMessage(rank, (nint)(values + start), count * sizeof(float)));
                        else
                            new ReadOnlySpan<float>(Dispatcher.Data(own[entry.Name]), checked((int)count)).CopyTo(
                                new Span<float>(values + start, (int)count)
                            );
                    }

                    processes.AllToAll([], receive);
                    for (long done = 0; done < entry.Segment.Count; done += 1 << 22)
                        stream.Write(
                            new ReadOnlySpan<byte>(values + done, (int)Math.Min(1 << 22, entry.Segment.Count - done) * sizeof(float))
                        );
                })),
        ];
    }

    /// <summary>Sends this rank's part to rank 0.</summary>
    public void Send(FlatParameters parameters, Optimizer optimizer)
    {
        using DisposeScope scope = NewDisposeScope();
        Dictionary<string, Tensor> own = optimizer
            .Moments()
            .ToDictionary(moment => moment.Name, moment => moment.View, StringComparer.Ordinal);
        foreach ((string name, FlatParameters.Segment segment) in InOrder(parameters, optimizer))
        {
            long count = StretchOf(processes.Rank, segment).Count;
            if (count > 0) processes.AllToAll([new RankMessage(0, (nint)Dispatcher.Data(own[name]), count * sizeof(float))], []);
        }
    }

    /// <summary>As the file's writer orders them.</summary>
    private static IEnumerable<(string Name, FlatParameters.Segment Segment)> InOrder(FlatParameters parameters, Optimizer optimizer) =>
        parameters
            .Segments.SelectMany(segment => optimizer.MomentsOf(segment.Parameter).Select(name => (name, segment)))
            .OrderBy(entry => entry.name, StringComparer.Ordinal);

    private (long Start, long Count) StretchOf(int rank, FlatParameters.Segment segment)
    {
        (long from, long to) = shards.OwnedBy(rank);
        long start = Math.Max(from, segment.Offset), end = Math.Min(to, segment.Offset + segment.Count);
        return (start - segment.Offset, Math.Max(0, end - start));
    }
}
