using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining.Sequences;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Pretraining.Objectives;

/// <summary>
/// DistilBERT's triple loss: 5 · soft targets + 2 · masked LM + 1 · cosine. Teacher and student share a vocabulary and see the same masked
/// text.
/// </summary>
/// <param name="teacher">The teacher with its masked-LM head; not trained, not disposed.</param>
/// <param name="options">Weights and temperature.</param>
/// <param name="masking">How tokens are chosen.</param>
/// <param name="vocabulary">Specials, words and the mask.</param>
/// <param name="pairs">Sequences are pairs of segments, half of the second ones from other documents.</param>
internal sealed class DistillationObjective(
    PretrainedModel teacher,
    DistillationOptions options,
    MaskedLmOptions masking,
    MaskingVocabulary vocabulary,
    bool pairs = false
) : PretrainingObjective
{
    private readonly MaskedObjective _masked = new(masking, vocabulary);

    public override string Head => HeadKinds.MaskedLm;

    public override IReadOnlyList<string> LossTerms => options.Cosine > 0 ? ["soft", "mlm", "cosine"] : ["soft", "mlm"];

    public override bool? SentenceOrder => pairs ? false : null;

    public override double HeadShare => masking.Share;

    public override CorruptedSequence Corrupt(TrainingSequence sequence, ulong seed) => _masked.Corrupt(sequence, seed);

    public override double[] Counts(PretrainingBatch batch)
    {
        double masked = _masked.Counts(batch)[0];
        return options.Cosine > 0 ? [batch.Tokens, masked, batch.Tokens] : [batch.Tokens, masked];
    }

    public override IReadOnlyList<TermScores> Scores(PretrainedModel model, PretrainingBatch batch, ulong? seed)
    {
        Tensor taught, taughtLogits;
        using (no_grad())
        {
            taught = Run(teacher, batch.Input(seed: null)).LastHiddenState;
            taughtLogits = ((LanguageModelHead)teacher.Head!).Score(taught);
        }

        Tensor states = Run(model, batch.Input(seed)).LastHiddenState;
        return Terms(
            states,
            ((LanguageModelHead)model.Head!).Score(states),
            taught,
            taughtLogits,
            batch.Rows(sequence => sequence.Positions),
            batch.Values(sequence => sequence.Targets),
            options
        );
    }

    /// <summary>The terms over tokens that are not padding.</summary>
    /// <param name="states">The student's, [tokens, D].</param>
    /// <param name="logits">The student's, [tokens, V].</param>
    /// <param name="taught">The teacher's states, [tokens, D].</param>
    /// <param name="taughtLogits">The teacher's logits, [tokens, V].</param>
    /// <param name="masked">Rows that were chosen.</param>
    /// <param name="targets">The original token of each.</param>
    /// <param name="options">Weights and temperature.</param>
    internal static IReadOnlyList<TermScores> Terms(
        Tensor states, Tensor logits, Tensor taught, Tensor taughtLogits, Tensor masked, Tensor targets, DistillationOptions options)
    {
        List<TermScores> terms =
        [
            new DistanceScores("soft", Distillation.SoftTargetSum(logits, taughtLogits, options.Temperature), options.SoftTargets),
            new ClassScores("mlm", logits.index_select(0, masked), targets, options.MaskedLm),
        ];
        if (options.Cosine > 0) terms.Add(new DistanceScores("cosine", Distillation.CosineSum(states, taught), options.Cosine));
        return terms;
    }
}
