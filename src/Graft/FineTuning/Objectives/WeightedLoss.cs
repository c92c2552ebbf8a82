using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tasks.Objectives;

/// <summary>
/// The loss with class weights and label smoothing: the same cross-entropy as PyTorch's, (1 − ε) · w(y) · −log p(y) + ε / K · Σ w(k) · −log
/// p(k), divided by Σ w(y).
/// </summary>
internal static class WeightedLoss
{
    private const long Ignored = -100;

    /// <summary>Cross-entropy of classes: logits […, K], labels […], −100 does not count.</summary>
    public static Tensor ClassesSum(Tensor logits, Tensor labels, LossOptions options)
    {
        Tensor rows = labels.reshape(-1).ne(Ignored).nonzero().squeeze(-1);
        Tensor targets = labels.reshape(-1).index_select(0, rows);
        Tensor negative = -nn.functional.log_softmax(logits.reshape(-1, logits.shape[^1]).index_select(0, rows), -1); // [n, K]
        if (options.ClassWeights is { } weights) negative *= tensor((float[])[.. weights.Select(weight => (float)weight)]);
        Tensor ofTruth = negative.gather(1, targets.unsqueeze(1)).sum();
        if (options.LabelSmoothing == 0) return ofTruth;
        return (ofTruth * (1 - options.LabelSmoothing)) + (negative.sum() * (options.LabelSmoothing / logits.shape[^1]));
    }

    /// <summary>Binary cross-entropy of labels [B, K]; smoothing draws 0 and 1 towards the middle.</summary>
    public static Tensor LabelsSum(Tensor logits, Tensor labels, LossOptions options)
    {
        Tensor targets = (labels * (1 - options.LabelSmoothing)) + (options.LabelSmoothing / 2);
        Tensor? weights = options.ClassWeights is { } given ? tensor((float[])[.. given.Select(weight => (float)weight)]) : null;
        return nn.functional.binary_cross_entropy_with_logits(logits, targets, reduction: nn.Reduction.Sum, pos_weights: weights);
    }
}
