using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Heads;

/// <summary>The published losses as sums with counts. Every one is fp32 and ignores −100.</summary>
internal static class Losses
{
    private const long Ignored = -100;

    /// <summary>What a text's scores are trained by: config.json's problem_type says it, or one score means a number.</summary>
    public static LossTerm OfText(string name, string? problemType, HeadOutput output, Targets targets) =>
        (problemType, output.Logits!.shape[^1]) switch
        {
            ("regression", _) or (null, 1) => SquaredError(name, output.Logits, targets.Labels),
            ("multi_label_classification", _) => BinaryCrossEntropy(name, output.Logits, targets.Labels),
            _ => CrossEntropy(name, output.Logits, targets.Labels),
        };

    /// <summary>Cross-entropy of classes: logits [… , classes], labels […].</summary>
    public static LossTerm CrossEntropy(string name, Tensor logits, Tensor? labels)
    {
        Tensor targets = Required(labels, "labels").reshape(-1);
        using Tensor counted = targets.ne(Ignored).sum();
        return new LossTerm(name, Ops.CrossEntropySum(logits.reshape(-1, logits.shape[^1]), targets, Ignored), counted.item<long>());
    }

    /// <summary>
    /// The next token's cross-entropy: scores of column i against the label of column i + 1; a prompt's columns have no labels.
    /// </summary>
    public static LossTerm NextToken(string name, Tensor logits, Tensor? labels, int[]? boundaries)
    {
        Tensor targets = Required(labels, "labels");
        long prompt = boundaries is null ? logits.shape[^2] - targets.shape[^1] : 0;
        if (prompt > 0) targets = cat([full([targets.shape[0], prompt], Ignored, ScalarType.Int64), targets], 1);
        if (boundaries is null) return CrossEntropy(name, logits.slice(-2, 0, -1, 1), targets.slice(-1, 1, targets.shape[^1], 1));
        Tensor shifted = full_like(targets, Ignored);
        shifted.slice(0, 0, -1, 1).copy_(targets.slice(0, 1, targets.shape[0], 1));
        foreach (int end in boundaries[1..]) shifted[end - 1] = tensor(Ignored); // the last of a text has no next
        return CrossEntropy(name, logits, shifted);
    }

    /// <summary>Squared error of numbers: logits [B, 1] or [B, n], labels [B] or [B, n].</summary>
    public static LossTerm SquaredError(string name, Tensor logits, Tensor? labels)
    {
        Tensor targets = Required(labels, "labels").to(ScalarType.Float32);
        Tensor difference = logits.reshape(-1) - targets.reshape(-1);
        return new LossTerm(name, difference.square().sum(), difference.numel());
    }

    /// <summary>
    /// Binary cross-entropy of independent labels: logits and labels of one shape; where a mask is given, only its ones count.
    /// </summary>
    public static LossTerm BinaryCrossEntropy(string name, Tensor logits, Tensor? labels, Tensor? mask = null)
    {
        Tensor targets = Required(labels, "labels").to(ScalarType.Float32);
        if (mask is null)
            return new LossTerm(
                name,
                functional.binary_cross_entropy_with_logits(logits, targets, reduction: Reduction.Sum),
                targets.numel()
            );
        Tensor rows = mask.reshape(-1).nonzero().squeeze(-1);
        Tensor counted = logits.reshape(-1).index_select(0, rows), expected = targets.reshape(-1).index_select(0, rows);
        return new LossTerm(name, functional.binary_cross_entropy_with_logits(counted, expected, reduction: Reduction.Sum), rows.numel());
    }

    /// <summary>Half the cross-entropy of a position among T columns; a position outside the text does not count.</summary>
    public static LossTerm Position(string name, Tensor logits, Tensor? positions)
    {
        Tensor targets = Required(positions, name + " positions").reshape(-1);
        Tensor outside = targets.lt(0).logical_or(targets.ge(logits.shape[1]));
        LossTerm whole = CrossEntropy(name, logits, targets.masked_fill(outside, Ignored));
        return whole with { Sum = whole.Sum * 0.5 };
    }

    private static Tensor Required(Tensor? tensor, string what) =>
        tensor ?? throw new ArgumentException($"the targets have no {what}", nameof(tensor));
}
