using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Autograd;

/// <summary>
/// A stretch of a model that keeps its inputs only: the backward pass computes it again (Chen et al. 2016). Dropout is a function of the
/// place, so the second pass makes the same values, and gradients are the same bits.
/// </summary>
internal sealed class RecomputeNode : GradientNode
{
    private readonly Func<Tensor?[], Tensor> _function;
    private readonly Tensor?[] _inputs;

    private RecomputeNode(Func<Tensor?[], Tensor> function, Tensor?[] inputs)
    {
        _function = function;
        _inputs = [.. inputs.Select(input => input is null ? null : Keep(input))];
    }

    /// <summary>The function of the inputs; only they are kept.</summary>
    /// <param name="function">A pure function of its inputs and of parameters; parameters' gradients are added to in the backward
    /// pass.</param>
    /// <param name="inputs">Everything that a gradient flows back to, parameters apart.</param>
    public static Tensor Run(Func<Tensor?[], Tensor> function, Tensor?[] inputs)
    {
        Tensor output;
        using (IDisposable noGradient = no_grad())
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor computed = function(inputs);
            // Recording takes the tensor over, and an input must not be taken.
            output = (inputs.Any(input => ReferenceEquals(input, computed)) ? computed.clone() : computed).MoveToOuterDisposeScope();
        }

        // Recorded even where no input wants a gradient: the parameters may.
        return new RecomputeNode(function, inputs).Record(output, [.. inputs.OfType<Tensor>()]);
    }

    /// <inheritdoc/>
    protected override Tensor?[] Backward(Tensor gradient)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable recording = enable_grad();
        List<(Tensor Leaf, bool Needed)> leaves = [];
        Tensor?[] again = new Tensor?[_inputs.Length];
        for (int i = 0; i < again.Length; i++)
        {
            if (_inputs[i] is not Tensor input) continue;
            bool needed = Needs(leaves.Count);
            Tensor leaf = input.detach();
            if (needed) leaf.requires_grad_();
            leaves.Add((leaf, needed));
            again[i] = leaf;
        }

        Tensor output = _function(again);
        if (output.requires_grad) output.backward([gradient]);
        return [.. leaves.Select(leaf => leaf.Needed ? leaf.Leaf.grad?.MoveToOuterDisposeScope() : null)];
    }
}
