using System.Globalization;
using Graft.Torch.Autograd;
using Graft.Torch.Kernels;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Torch.Operations;

/// <summary>
/// The differentiable operations every layer is made of. What they compute is fixed here; which library or kernel does it is this
/// namespace's business. Legend: B batch, T tokens, H heads, N size per head, D width; "…" is any number of leading dimensions.
/// </summary>
internal static partial class Ops
{
    /// <summary>x·Wᵀ + b.</summary>
    /// <param name="x">[…, in].</param>
    /// <param name="weight">[out, in] (a transposed view of [in, out] is fine).</param>
    /// <param name="bias">[out] or null.</param>
    /// <returns>[…, out].</returns>
    public static Tensor Linear(Tensor x, Tensor weight, Tensor? bias = null)
    {
        RequireWidth(x, weight.size(1), "linear");
        return OwnKernels.Apply(x, weight, bias) ? LinearNode.Run(x, weight, bias, Activation.None) : functional.linear(x, weight, bias);
    }

    /// <summary>activation(x·Wᵀ + b).</summary>
    /// <param name="x">[…, in].</param>
    /// <param name="weight">[out, in].</param>
    /// <param name="bias">[out] or null.</param>
    /// <param name="activation">What is applied to every value.</param>
    /// <returns>[…, out].</returns>
    public static Tensor LinearActivation(Tensor x, Tensor weight, Tensor? bias, Activation activation)
    {
        if (activation is not (Activation.GeluErf or Activation.GeluTanh or Activation.Silu) || !OwnKernels.Apply(x, weight, bias))
            return Activate(Linear(x, weight, bias), activation);
        RequireWidth(x, weight.size(1), "linear");
        return LinearNode.Run(x, weight, bias, activation);
    }

    /// <summary>The elementwise function of a configuration.</summary>
    /// <param name="x">Any shape.</param>
    /// <param name="activation">Which.</param>
    public static Tensor Activate(Tensor x, Activation activation) => activation switch
    {
        Activation.None => x,
        Activation.GeluErf or Activation.GeluTanh or Activation.Silu when OwnKernels.Apply(x) => ActivationNode.Run(x, activation),
        Activation.GeluErf => functional.gelu(x),
        Activation.GeluTanh => functional.gelu(x, TorchSharp.Modules.GELU.Approximate.tanh),
        Activation.Relu => functional.relu(x),
        Activation.Silu => functional.silu(x),
        Activation.Tanh => x.tanh(),
        Activation.Sigmoid => x.sigmoid(),
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "not an activation"),
    };

    /// <summary>activation(a) ∘ g of x = [a; g]: the middle of a gated feed-forward half (Shazeer 2020).</summary>
    /// <param name="x">[…, 2I].</param>
    /// <param name="activation">The activation of a.</param>
    /// <returns>[…, I].</returns>
    public static Tensor Gate(Tensor x, Activation activation)
    {
        if (activation is Activation.GeluErf or Activation.GeluTanh or Activation.Silu && OwnKernels.Apply(x))
            return ActivationNode.Run(x, activation, gated: true);
        Tensor[] halves = x.chunk(2, -1);
        return Activate(halves[0], activation) * halves[1];
    }

    /// <summary>Pairs (i, i + N/2) of each head turned by the angle of their token.</summary>
    /// <param name="x">[B, H, T, N] or [tokens, H, N].</param>
    /// <param name="cos">[B or 1, 1, T, N/2] or [tokens, 1, N/2].</param>
    /// <param name="sin">The same.</param>
    /// <returns>A tensor of x's shape.</returns>
    public static Tensor Rotate(Tensor x, Tensor cos, Tensor sin)
    {
        if (OwnKernels.Apply(x, cos, sin)) return RotaryNode.Run(x, cos, sin);
        Tensor[] halves = x.chunk(2, -1);
        return cat([(halves[0] * cos) - (halves[1] * sin), (halves[1] * cos) + (halves[0] * sin)], -1);
    }

    /// <summary>Rows of a table: weight[ids].</summary>
    /// <param name="ids">Int64, any shape.</param>
    /// <param name="weight">[rows, D].</param>
    /// <param name="paddingIdx">A row that never receives a gradient; null for none.</param>
    /// <returns>[…ids, D].</returns>
    public static Tensor Embedding(Tensor ids, Tensor weight, long? paddingIdx = null)
    {
        if (OwnKernels.Apply(weight) && weight.is_contiguous()) return EmbeddingNode.Run(ids, weight, paddingIdx ?? -1);
        using Tensor flat = ids.reshape(-1);
        Tensor rows = weight.index_select(0, flat);
        if (paddingIdx is long padding && rows.requires_grad)
        {
            using Tensor trained = flat.ne(padding).to(weight.dtype).unsqueeze(1);
            rows = (rows * trained) + (rows.detach() * (1 - trained));
        }

        return rows.view([.. ids.shape, weight.shape[1]]);
    }

    /// <summary>The SUM over all counted rows of −log softmax(logits)[target]; divide by the number of counted rows for the mean.</summary>
    /// <param name="logits">[rows, classes].</param>
    /// <param name="targets">[rows], int64; rows equal to <paramref name="ignoreIndex"/> do not count.</param>
    /// <param name="ignoreIndex">The target that does not count.</param>
    /// <returns>A scalar, fp32.</returns>
    public static Tensor CrossEntropySum(Tensor logits, Tensor targets, long ignoreIndex = -100) =>
        functional.cross_entropy(logits, targets, ignore_index: ignoreIndex, reduction: Reduction.Sum);

    private static void RequireWidth(Tensor x, long width, string operation)
    {
        if (x.size(-1) != width)
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"{operation}: the last dimension of {x.ShapeText()} is not {width}"),
                nameof(x)
            );
    }
}
