using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Pretraining;

/// <summary>One term of a loss over a batch: from it come the loss in training and the accuracy in evaluation.</summary>
/// <param name="Name">"mlm", "nsp" …</param>
/// <param name="Weight">The term's weight in the loss.</param>
public abstract record TermScores(string Name, double Weight)
{
    /// <summary>The weighted sum of the loss over the items.</summary>
    public Tensor LossSum() => Weight == 1 ? PlainSum() : PlainSum() * Weight;

    /// <summary>How many items are judged right; null where nothing is judged.</summary>
    public abstract double? Correct();

    /// <summary>The sum without the weight.</summary>
    protected abstract Tensor PlainSum();
}

/// <summary>Classes: vocabulary entries, next or not, original or replaced.</summary>
/// <param name="Name">"mlm", "nsp" …</param>
/// <param name="Logits">[n, classes], or [n] where there are two classes and one score.</param>
/// <param name="Targets">[n], int64.</param>
/// <param name="Weight">The term's weight in the loss.</param>
public sealed record ClassScores(string Name, Tensor Logits, Tensor Targets, double Weight = 1) : TermScores(Name, Weight)
{
    private bool IsBinary => Logits.dim() == 1;

    /// <inheritdoc/>
    public override double? Correct()
    {
        if (Targets.numel() == 0) return 0;
        using Tensor judged = IsBinary ? Logits.gt(0).to(ScalarType.Int64) : Logits.argmax(-1);
        using Tensor right = judged.eq(Targets).sum();
        return right.item<long>();
    }

    /// <inheritdoc/>
    protected override Tensor PlainSum()
    {
        if (Targets.numel() == 0) return Logits.sum() * 0; // nothing counted: a zero that gradients can pass through
        return IsBinary
            ? nn.functional.binary_cross_entropy_with_logits(Logits, Targets.to(ScalarType.Float32), reduction: nn.Reduction.Sum)
            : Ops.CrossEntropySum(Logits, Targets);
    }
}

/// <summary>A term that judges nothing, such as a distance.</summary>
/// <param name="Name">"hidden" …</param>
/// <param name="Sum">The sum over the items.</param>
/// <param name="Weight">The term's weight in the loss.</param>
public sealed record DistanceScores(string Name, Tensor Sum, double Weight = 1) : TermScores(Name, Weight)
{
    /// <inheritdoc/>
    public override double? Correct() => null;

    /// <inheritdoc/>
    protected override Tensor PlainSum() => Sum;
}
