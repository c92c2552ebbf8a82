using Graft.Torch.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Autograd;

/// <summary>Rows of a table, whose gradient touches these rows only where the table has a gradient to add to.</summary>
internal sealed class EmbeddingNode : GradientNode
{
    private readonly Tensor _table;
    private readonly long[] _ids;
    private readonly long _padding;

    private EmbeddingNode(Tensor table, long[] ids, long padding)
    {
        _table = KeepLeaf(table);
        _ids = ids;
        _padding = padding;
    }

    /// <summary>table[ids]; recorded where the table wants a gradient.</summary>
    /// <param name="ids">Int64, any shape.</param>
    /// <param name="table">[rows, D], contiguous.</param>
    /// <param name="padding">The row without gradient; −1 for none.</param>
    public static Tensor Run(Tensor ids, Tensor table, long padding)
    {
        bool recorded = IsNeeded(table);
        using IDisposable noGradient = no_grad();
        using Tensor flat = ids.reshape(-1);
        using Tensor rows = table.index_select(0, flat);
        Tensor output = rows.view([.. ids.shape, table.shape[1]]);
        return recorded ? new EmbeddingNode(table, flat.data<long>().ToArray(), padding).Record(output, table) : output;
    }

    /// <inheritdoc/>
    protected override Tensor?[] Backward(Tensor gradient)
    {
        using Tensor contiguous = gradient.contiguous();
        using Tensor? target = GradientOf(_table);
        Tensor sums = target ?? zeros(_table.shape, ScalarType.Float32);
        ColumnKernels.ScatterAdd(contiguous, _ids, sums, _padding);
        return [target is null ? sums : null];
    }
}
