using Graft.Backbones;
using Graft.Heads;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining.Sequences;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Pretraining.Objectives;

/// <summary>Span masking, alone or with the span-boundary objective: L = L_MLM + L_SBO, each the mean over its own positions.</summary>
/// <param name="masking">How spans are chosen.</param>
/// <param name="vocabulary">Specials, words and the mask.</param>
/// <param name="boundary">With the span-boundary objective.</param>
internal sealed class SpanObjective(SpanMaskingOptions masking, MaskingVocabulary vocabulary, bool boundary) : PretrainingObjective
{
    public override string Head => boundary ? HeadKinds.SpanBoundary : HeadKinds.MaskedLm;

    public override IReadOnlyList<string> LossTerms => boundary ? ["mlm", "sbo"] : ["mlm"];

    public override double HeadShare => masking.Share;

    public override CorruptedSequence Corrupt(TrainingSequence sequence, ulong seed)
    {
        CounterRandom random = new(CounterRandom.Key(seed, sequence.Number, sequence.Visit));
        (MaskedSequence masked, MaskedSpan[] spans) = SpanMasking.Corrupt(sequence.Ids, masking, vocabulary, ref random);
        CorruptedSequence corrupted = CorruptedSequence.Of(masked, sequence);
        return boundary ? corrupted with { BoundaryPairs = SpanBoundary.Pairs(sequence.Ids, spans, vocabulary) } : corrupted;
    }

    public override double[] Counts(PretrainingBatch batch)
    {
        double masked = batch.Sequences.Sum(sequence => sequence.Targets.Length);
        return boundary ? [masked, batch.Sequences.Sum(sequence => sequence.BoundaryPairs.Count)] : [masked];
    }

    public override IReadOnlyList<TermScores> Scores(PretrainedModel model, PretrainingBatch batch, ulong? seed)
    {
        Tensor states = Run(model, batch.Input(seed)).LastHiddenState; // [tokens, D]
        ClassScores masked = MaskedObjective.MaskedTokens((LanguageModelHead)model.Head!, states, batch);
        if (model.Head is not SpanBoundaryPreTrainingHead head) return [masked];
        Tensor left = states.index_select(0, batch.Rows(sequence => sequence.BoundaryPairs.Select(pair => pair.Left)));
        Tensor right = states.index_select(0, batch.Rows(sequence => sequence.BoundaryPairs.Select(pair => pair.Right)));
        Tensor places = batch.Values(sequence => sequence.BoundaryPairs.Select(pair => pair.Place));
        return
        [
            masked,
            new ClassScores(
                "sbo",
                head.ScoreSpan(left, right, places),
                batch.Values(sequence => sequence.BoundaryPairs.Select(pair => pair.Target))
            ),
        ];
    }
}
