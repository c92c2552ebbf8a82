using Graft.Torch.Compute;
using Graft.Torch.Dropout;
using Graft.Torch.Kernels;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Autograd;

/// <summary>
/// The normalizations in one pass: norm(residual + dropout(x)) · weight + bias, where residual, dropout and bias may be missing and the
/// norm may be centered (LayerNorm) or not (RMSNorm).
/// </summary>
internal sealed unsafe class NormNode : GradientNode
{
    private const int BlockRows = 32; // parameter gradients are summed by blocks: the order never depends on the number of threads
    private readonly Tensor _normalized; // [rows, D]
    private readonly Tensor _inverse; // [rows]
    private readonly Tensor _weight;
    private readonly Tensor? _bias;
    private readonly RowDropout? _dropout;
    private readonly bool _hasResidual;
    private readonly bool _centered;
    private readonly long[] _shape;

    private NormNode(
        Tensor normalized,
        Tensor inverse,
        Tensor weight,
        Tensor? bias,
        RowDropout? dropout,
        bool hasResidual,
        bool centered,
        long[] shape
    )
    {
        _normalized = Keep(normalized);
        _inverse = Keep(inverse);
        _weight = KeepLeaf(weight);
        _bias = bias is null ? null : KeepLeaf(bias);
        _dropout = dropout;
        _hasResidual = hasResidual;
        _centered = centered;
        _shape = shape;
    }

    /// <summary>The operation; recorded where an input wants a gradient.</summary>
    /// <param name="x">[…, D].</param>
    /// <param name="residual">A tensor of x's shape, or null.</param>
    /// <param name="weight">[D].</param>
    /// <param name="bias">[D] or null.</param>
    /// <param name="eps">Added to the variance or mean square.</param>
    /// <param name="dropout">The dropout of x; null for none.</param>
    /// <param name="centered">LayerNorm if true, RMSNorm if not.</param>
    public static Tensor Run(Tensor x, Tensor? residual, Tensor weight, Tensor? bias, double eps, RowDropout? dropout, bool centered)
    {
        bool recorded = IsNeeded(x, residual, weight, bias);
        using IDisposable noGradient = no_grad();
        int width = (int)weight.size(0);
        long rows = x.numel() / width;
        using Tensor input = x.contiguous();
        using Tensor? addend = residual?.contiguous();
        using Tensor? normalized = recorded ? empty(rows, width) : null, inverse = recorded ? empty(rows) : null;
        Tensor output = empty_like(input);
        float* from = Dispatcher.Data(input), added = addend is null ? null : Dispatcher.Data(addend), to = Dispatcher.Data(output);
        float* w = Dispatcher.Data(weight), b = bias is null ? null : Dispatcher.Data(bias);
        float* hat = normalized is null ? to : Dispatcher.Data(normalized), scale = inverse is null ? null : Dispatcher.Data(inverse);
        KernelThreads.For(rows, 1 + (4096 / width), (begin, end) =>
        {
            for (long row = begin; row < end; row++)
            {
                long at = row * width;
                DropoutKernels.SumRow(dropout, row, from + at, added is null ? null : added + at, hat + at, width);
                float inverted = NormKernels.NormalizeRow(hat + at, width, (float)eps, centered);
                if (scale is not null) scale[row] = inverted;
                NormKernels.ScaleRow(hat + at, w, b, to + at, width);
            }
        });
        if (!recorded) return output;
        NormNode node = new(normalized!, inverse!, weight, bias, dropout, residual is not null, centered, x.shape);
        return node.Record(output, [.. new[] { x, residual, weight, bias }.OfType<Tensor>()]);
    }

    /// <inheritdoc/>
    protected override Tensor?[] Backward(Tensor gradient)
    {
        int width = (int)_weight.shape[0];
        long rows = _normalized.shape[0], blocks = (rows + BlockRows - 1) / BlockRows;
        using Tensor upstream = gradient.contiguous();
        using Tensor partial = zeros(2, blocks, width); // of the weight, of the bias
        Tensor dz = empty(_shape);
        Tensor dx = _dropout is null ? dz : empty(_shape);
        float* g = Dispatcher.Data(upstream),
            hat = Dispatcher.Data(_normalized),
            inverse = Dispatcher.Data(_inverse),
            w = Dispatcher.Data(_weight);
        float* sums = Dispatcher.Data(partial),
            to = Dispatcher.Data(dz),
            dropped = Dispatcher.Data(dx);
        KernelThreads.For(blocks, 1 + (4096 / (width * BlockRows)), (begin, end) =>
        {
            for (long row = begin * BlockRows; row < Math.Min(end * BlockRows, rows); row++)
            {
                long at = row * width, block = row / BlockRows;
                NormKernels.NormGradientRow(
                    g + at,
                    hat + at,
                    inverse[row],
                    w,
                    _centered,
                    to + at,
                    sums + (block * width),
                    sums + ((blocks + block) * width),
                    width
                );
                if (_dropout is not null)
                    DropoutKernels.DropRow(_dropout.Mask, _dropout.Stream(row), to + at, null, dropped + at, width);
            }
        });
        return Gradients(dx, dz, partial);
    }

    private Tensor?[] Gradients(Tensor dx, Tensor dz, Tensor partial)
    {
        List<Tensor?> results = [dx];
        int next = 1;
        if (_hasResidual)
        {
            results.Add(ReferenceEquals(dx, dz) ? Dispatcher.Reference(dz) : dz);
            next++;
        }
        else if (!ReferenceEquals(dx, dz))
        {
            dz.Dispose();
        }

        results.Add(Needs(next) ? Collect(partial, 0, _weight) : null);
        if (_bias is not null) results.Add(Needs(next + 1) ? Collect(partial, 1, _bias) : null);
        return [.. results];
    }

    private static Tensor? Collect(Tensor partial, long which, Tensor parameter)
    {
        using Tensor blocks = partial.select(0, which);
        using Tensor? target = GradientOf(parameter);
        Tensor sums = target ?? zeros(parameter.shape[0], ScalarType.Float32);
        ColumnKernels.AddColumnSums(blocks, sums);
        return target is null ? sums : null;
    }
}
