using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Pretraining;

/// <summary>What a model says about one term of its loss: from it come the loss in training and the accuracy in evaluation.</summary>
/// <param name="Name">"mlm", "nsp" …</param>
/// <param name="Logits">[n, classes], or [n] where there are two classes and one score.</param>
/// <param name="Targets">[n], int64.</param>
/// <param name="Weight">The term's weight in the loss.</param>
internal sealed record TermScores(string Name, Tensor Logits, Tensor Targets, double Weight = 1)
{
    private bool IsBinary => Logits.dim() == 1;

    /// <summary>The weighted sum of the loss over the items.</summary>
    public Tensor LossSum()
    {
        if (Targets.numel() == 0) return Logits.sum() * 0; // nothing counted: a zero that gradients can pass through
        Tensor sum = IsBinary
            ? nn.functional.binary_cross_entropy_with_logits(Logits, Targets.to(ScalarType.Float32), reduction: nn.Reduction.Sum)
            : Ops.CrossEntropySum(Logits, Targets);
        return Weight == 1 ? sum : sum * Weight;
    }

    /// <summary>How many items are judged right.</summary>
    public double Correct()
    {
        if (Targets.numel() == 0) return 0;
        using Tensor judged = IsBinary ? Logits.gt(0).to(ScalarType.Int64) : Logits.argmax(-1);
        using Tensor right = judged.eq(Targets).sum();
        return right.item<long>();
    }
}
