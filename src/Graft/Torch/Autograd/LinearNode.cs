using Graft.Torch.Compute;
using Graft.Torch.Kernels;
using Graft.Torch.Products;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Autograd;

/// <summary>activation(x·Wᵀ + b) with its gradients. Those of leaves that have a gradient already are added to in place.</summary>
internal sealed class LinearNode : GradientNode
{
    private readonly Tensor _x; // [rows, in], in the precision of the product
    private readonly Tensor? _product; // [rows, out] before the activation
    private readonly Tensor _weight;
    private readonly Tensor? _bias;
    private readonly Activation _activation;
    private readonly long[] _shape;

    private LinearNode(Tensor x, Tensor rows, Tensor weight, Tensor? bias, Tensor? product, Activation activation)
    {
        _shape = x.shape;
        _x = Keep(rows);
        _weight = KeepLeaf(weight);
        _bias = bias is null ? null : KeepLeaf(bias);
        _product = product is null ? null : Keep(product);
        _activation = activation;
    }

    /// <summary>The operation; recorded where an input wants a gradient.</summary>
    /// <param name="x">[…, in].</param>
    /// <param name="weight">[out, in].</param>
    /// <param name="bias">[out] or null.</param>
    /// <param name="activation">None or one that has a kernel.</param>
    public static Tensor Run(Tensor x, Tensor weight, Tensor? bias, Activation activation)
    {
        bool recorded = GradientNode.IsNeeded(x, weight, bias);
        using IDisposable noGradient = no_grad();
        if (!recorded && !ComputeContext.Current.IndependentRows && RowProduct.Applies(x, weight))
            return Activated(RowProduct.Run(x, weight, bias), activation);
        using Tensor rows = x.reshape(-1, x.shape[^1]);
        using Tensor contiguous = rows.contiguous();
        using Tensor operand = Operand.Of(contiguous);
        Tensor product = Product(operand, weight, bias);
        Tensor values = activation == Activation.None ? product : ElementwiseKernels.Map(product, activation);
        Tensor output = values.view([.. x.shape[..^1], weight.shape[0]]);
        if (recorded)
        {
            LinearNode node = new(x, operand, weight, bias, activation == Activation.None ? null : product, activation);
            output = bias is null ? node.Record(output, x, weight) : node.Record(output, x, weight, bias);
        }

        if (!ReferenceEquals(values, product)) product.Dispose();
        values.Dispose();
        return output;
    }

    private static Tensor Activated(Tensor product, Activation activation)
    {
        if (activation == Activation.None) return product;
        using (product) return ElementwiseKernels.Map(product, activation);
    }

    /// <summary>x·Wᵀ + b; the bias is added to the fp32 product.</summary>
    private static Tensor Product(Tensor x, Tensor weight, Tensor? bias)
    {
        if (x.dtype == ScalarType.Float32) return MatrixProduct.Linear(x, weight, bias);
        using Tensor operand = Operand.Of(weight);
        return Operand.ToFp32(MatrixProduct.Linear(x, operand, null), bias);
    }

    /// <inheritdoc/>
    protected override Tensor?[] Backward(Tensor gradient)
    {
        using Tensor shaped = gradient.reshape(-1, _weight.shape[0]);
        using Tensor contiguous = shaped.contiguous();
        Tensor upstream = _activation == Activation.None ? contiguous : ElementwiseKernels.MapGradient(contiguous, _product!, _activation);
        using Tensor operand = Operand.Of(upstream, _x.dtype); // as the forward pass was
        Tensor? dx = null;
        if (Needs(0))
        {
            using Tensor weight = Operand.Of(_weight, _x.dtype);
            using Tensor flat = Operand.ToFp32(MatrixProduct.Multiply(operand, weight));
            dx = flat.view(_shape);
        }

        Tensor? dw = Needs(1) ? WeightGradient(operand) : null;
        Tensor? db = _bias is not null && Needs(2) ? BiasGradient(upstream, _bias) : null;
        if (!ReferenceEquals(upstream, contiguous)) upstream.Dispose();
        return _bias is null ? [dx, dw] : [dx, dw, db];
    }

    private Tensor? WeightGradient(Tensor upstream)
    {
        using Tensor? target = GradientOf(_weight);
        return MatrixProduct.WeightGradient(upstream, _x, target);
    }

    private static Tensor? BiasGradient(Tensor upstream, Tensor bias)
    {
        using Tensor? target = GradientOf(bias);
        if (target is not null)
        {
            ColumnKernels.AddColumnSums(upstream, target);
            return null;
        }

        Tensor sums = zeros(bias.shape[0], ScalarType.Float32);
        ColumnKernels.AddColumnSums(upstream, sums);
        return sums;
    }
}
