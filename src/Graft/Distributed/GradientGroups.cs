using Graft.Torch.Kernels;
using Graft.Torch.Native;
using Graft.Torch.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Distributed;

/// <summary>
/// The gradient of a batch that is cut into groups, on any number of ranks with the same bits. Each group's gradient accumulates in place,
/// as on one machine. Groups are summed along one fixed tree (<see cref="SumTree"/>): each rank its own as far as whole subtrees reach,
/// then the owner of each part of the parameters the rest.
/// </summary>
internal sealed unsafe class GradientGroups : IDisposable
{
    private const long Slice = 1 << 20; // values of each part exchanged at once: what is received needs room
    private readonly FlatParameters _parameters;
    private readonly IProcessGroup _processes;
    private readonly ParameterShards _shards;
    private readonly List<(SumTree.Node Node, Tensor Sum)> _sums = [];
    private readonly Stack<Tensor> _free = new();
    private Tensor? _received;

    /// <param name="parameters">What is trained.</param>
    /// <param name="processes">The ranks.</param>
    /// <param name="count">Groups of a batch.</param>
    /// <param name="wholeMatrices">Whether the optimizer needs hidden matrices whole.</param>
    /// <exception cref="InputException">There are more ranks than groups.</exception>
    public GradientGroups(FlatParameters parameters, IProcessGroup processes, int count, bool wholeMatrices)
    {
        if (processes.Size > count)
            throw new InputException(
                "gradient-groups",
                $"{count}",
                $"at least the number of ranks, {processes.Size}: each needs a group of every batch"
            );
        (_parameters, _processes, Count) = (parameters, processes, count);
        (First, End) = SumTree.GroupsOf(processes.Rank, processes.Size, count);
        _shards = new ParameterShards(parameters, processes.Size, wholeMatrices);
    }

    /// <summary>Groups of a batch.</summary>
    public int Count { get; }

    /// <summary>This rank's first group.</summary>
    public int First { get; }

    /// <summary>The group behind its last.</summary>
    public int End { get; }

    /// <summary>What this rank's optimizer moves.</summary>
    public IReadOnlyList<FlatParameters.Segment> Owned =>
        _shards.OwnedBy(_processes.Rank) is var (from, to) ? _parameters.Within(from, to) : [];

    /// <summary>Which rank's optimizer moves which part of the flat parameters.</summary>
    public ParameterShards Shards => _shards;

    /// <summary>The micro-batches of a group.</summary>
    public (int First, int End) MicroBatchesOf(int group, int microBatches) =>
        ((int)((long)microBatches * group / Count), (int)((long)microBatches * (group + 1) / Count));

    /// <summary>Takes in the gradient of the next group of this rank, which lies where gradients lie.</summary>
    public void Add(int group)
    {
        SumTree.Node node = new(group, 1);
        while (_sums.Count > 0 && _sums[^1].Node.IsLeftOf(node))
        {
            (SumTree.Node left, Tensor sum) = _sums[^1];
            FlatKernels.Add(Dispatcher.Data(_parameters.Gradient), Dispatcher.Data(sum), _parameters.Gradient.numel());
            _free.Push(sum);
            _sums.RemoveAt(_sums.Count - 1);
            node = new SumTree.Node(left.Start, 2 * node.Length);
        }

        if (group + 1 == End)
        {
            _sums.Add((node, _parameters.Gradient)); // stays where it is
            return;
        }

        Tensor kept = _free.Count > 0 ? _free.Pop() : empty(_parameters.Gradient.numel(), ScalarType.Float32).DetachFromDisposeScope();
        FlatKernels.Copy(Dispatcher.Data(_parameters.Gradient), Dispatcher.Data(kept), _parameters.Gradient.numel());
        _sums.Add((node, kept));
    }

    /// <summary>
    /// Sums all groups of all ranks; afterwards the part of the gradient that this rank needs is that of the whole batch.
    /// </summary>
    /// <param name="mine">Numbers of this rank that all want to know.</param>
    /// <param name="counts">How many numbers each rank has.</param>
    /// <returns>The norm of the whole gradient, and the numbers of all ranks in their order.</returns>
    public (double Norm, double[] Numbers) Sum(double[] mine, IReadOnlyList<int> counts)
    {
        if (_processes.Size == 1)
        {
            for (int i = _sums.Count - 2; i >= 0; i--)
                FlatKernels.Add(Dispatcher.Data(_parameters.Gradient), Dispatcher.Data(_sums[i].Sum), _parameters.Gradient.numel());
            Release();
            return (_parameters.GradientNorm(), mine);
        }

        Exchange();
        Release();
        CompleteMatrices();
        return Gather(mine, counts);
    }

    /// <summary>Gives every rank the values that the others' optimizers have moved.</summary>
    public void ShareValues()
    {
        if (_processes.Size == 1) return;
        (long from, long to) = _shards.OwnedBy(_processes.Rank);
        _parameters.CopyValuesToGradient(from, to); // the gradient has done its work: its room serves
        _processes.AllGather((nint)Dispatcher.Data(_parameters.Gradient), _shards.ByteCuts);
        _parameters.CopyGradientToValues(0, from);
        _parameters.CopyGradientToValues(to, _parameters.Gradient.numel());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        foreach (Tensor sum in _free) sum.Dispose();
        _free.Clear();
        _received?.Dispose();
    }

    private void Release()
    {
        foreach ((_, Tensor sum) in _sums)
        {
            if (!ReferenceEquals(sum, _parameters.Gradient)) _free.Push(sum);
        }

        _sums.Clear();
    }

    /// <summary>
    /// Sends each owner the sums of this rank's subtrees, a slice of every part at a time, and adds up what it gets of its own part.
    /// </summary>
    private void Exchange()
    {
        int me = _processes.Rank;
        IReadOnlyList<SumTree.Node>[] subtrees =
        [
            .. Enumerable
                .Range(0, _processes.Size)
                .Select(rank => SumTree.GroupsOf(rank, _processes.Size, Count) is var (first, end) ? SumTree.SubtreesOf(first, end) : []),
        ];
        (long From, long To)[] parts = [.. Enumerable.Range(0, _processes.Size).Select(_shards.SumsOf)];
        int incoming = subtrees.Sum(nodes => nodes.Count) - subtrees[me].Count;
        _received ??= empty(Math.Min(Slice, parts[me].To - parts[me].From) * incoming, ScalarType.Float32).DetachFromDisposeScope();
        float* received = Dispatcher.Data(_received), gradient = Dispatcher.Data(_parameters.Gradient);
        long longest = parts.Max(part => part.To - part.From);
        for (long start = 0; start < longest; start += Slice)
        {
            long CountOf(int rank) => Math.Max(0, Math.Min(Slice, parts[rank].To - parts[rank].From - start));
            List<RankMessage> send = [], receive = [];
            List<(SumTree.Node, nint)> all = [];
            long mine = CountOf(me);
            float* room = received;
            for (int rank = 0; rank < subtrees.Length; rank++)
            {
                if (rank == me)
                {
                    all.AddRange(_sums.Select(sum => (sum.Node, (nint)(Dispatcher.Data(sum.Sum) + parts[me].From + start))));
                    continue;
                }

                foreach (SumTree.Node node in subtrees[rank])
                {
                    receive.Add(new RankMessage(rank, (nint)room, mine * sizeof(float)));
                    all.Add((node, (nint)room));
                    room += mine;
                }

                send.AddRange(
                    _sums.Select(sum => new RankMessage(
                        rank,
                        (nint)(Dispatcher.Data(sum.Sum) + parts[rank].From + start),
                        CountOf(rank) * sizeof(float)
                    ))
                );
            }

            _processes.AllToAll(send, receive);
            if (mine == 0) continue;
            nint total = SumTree.Add(all, (target, source) => FlatKernels.Add((float*)target, (float*)source, mine));
            float* place = gradient + parts[me].From + start;
            if ((float*)total != place) FlatKernels.Copy((float*)total, place, mine);
        }
    }

    /// <summary>
    /// Gives each rank the rest of the matrix that its sums break off in. Only now: totals take the place of what was to be summed.
    /// </summary>
    private void CompleteMatrices()
    {
        float* gradient = Dispatcher.Data(_parameters.Gradient);
        List<RankMessage> Between(int summing, int moving, int other)
        {
            (long from, long to) = _shards.LackedBy(moving);
            (long first, long end) = _shards.SumsOf(summing);
            (from, to) = (Math.Max(from, first), Math.Min(to, end));
            return from < to ? [new RankMessage(other, (nint)(gradient + from), (to - from) * sizeof(float))] : [];
        }

        int me = _processes.Rank;
        int[] others = [.. Enumerable.Range(0, _processes.Size).Where(rank => rank != me)];
        _processes.AllToAll(
            [.. others.SelectMany(rank => Between(me, rank, rank))],
            [.. others.SelectMany(rank => Between(rank, me, rank))]
        );
    }

    /// <summary>The norm from each rank's blocks, and the numbers of all.</summary>
    private (double Norm, double[] Numbers) Gather(double[] mine, IReadOnlyList<int> counts)
    {
        int ranks = _processes.Size;
        int[] blocks =
        [
            .. Enumerable
                .Range(0, ranks)
                .Select(rank =>
                    _shards.SumsOf(rank) is var (from, to) ? (int)((to - from + FlatKernels.Block - 1) / FlatKernels.Block) : 0
                ),
        ];
        long[] cuts = new long[ranks + 1];
        for (int rank = 0; rank < ranks; rank++) cuts[rank + 1] = cuts[rank] + blocks[rank] + counts[rank];
        double[] all = new double[cuts[ranks]], sums = new double[blocks[_processes.Rank]];
        (long from, long to) own = _shards.SumsOf(_processes.Rank);
        FlatKernels.SumsOfSquares(Dispatcher.Data(_parameters.Gradient) + own.from, own.to - own.from, sums);
        int at = (int)cuts[_processes.Rank];
        sums.CopyTo(all, at);
        mine.CopyTo(all, at + sums.Length);
        fixed (double* address = all) _processes.AllGather((nint)address, [.. cuts.Select(cut => cut * sizeof(double))]);
        double[] norm = [.. Enumerable.Range(0, ranks).SelectMany(rank => all[(int)cuts[rank]..((int)cuts[rank] + blocks[rank])])];
        double[] numbers = [.. Enumerable.Range(0, ranks).SelectMany(rank => all[((int)cuts[rank] + blocks[rank])..(int)cuts[rank + 1]])];
        return (FlatKernels.NormOf(norm), numbers);
    }
}
