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
/// Masked language modelling, alone or beside a judgement of the sentence pair; the head runs on the chosen rows and no others.
/// </summary>
/// <param name="masking">How tokens are chosen.</param>
/// <param name="vocabulary">Specials, words and the mask.</param>
/// <param name="sentenceOrder">Null: no pairs. False: next sentence. True: sentence order.</param>
internal sealed class MaskedObjective(MaskedLmOptions masking, MaskingVocabulary vocabulary, bool? sentenceOrder = null)
    : PretrainingObjective
{
    public override string Head => sentenceOrder is null ? HeadKinds.MaskedLm : HeadKinds.PreTraining;

    public override IReadOnlyList<string> LossTerms =>
        sentenceOrder switch
        {
            null => ["mlm"],
            false => ["mlm", "nsp"],
            true => ["mlm", "sop"],
        };

    public override bool? SentenceOrder => sentenceOrder;

    public override double HeadShare => masking.Share;

    /// <summary>Whether this sequence is of the half that is masked, where the other half is read as it is.</summary>
    public static bool Takes(TrainingSequence sequence, ulong seed) =>
        (CounterRandom.Key(seed, (ulong)sequence.Number, (ulong)sequence.Visit) & 1) == 0;

    public override CorruptedSequence Corrupt(TrainingSequence sequence, ulong seed)
    {
        CounterRandom random = new(MaskedLm.StreamKey(seed, sequence.Number, sequence.Visit, masking));
        return CorruptedSequence.Of(MaskedLm.Corrupt(sequence.Ids, masking, vocabulary, ref random), sequence);
    }

    public override double[] Counts(PretrainingBatch batch)
    {
        double masked = batch.Sequences.Sum(sequence => sequence.Targets.Length);
        return sentenceOrder is null ? [masked] : [masked, batch.Sequences.Count];
    }

    public override IReadOnlyList<TermScores> Scores(PretrainedModel model, PretrainingBatch batch, ulong? seed)
    {
        EncoderInput input = batch.Input(seed);
        BackboneOutput states = Run(model, input);
        LanguageModelHead head = (LanguageModelHead)model.Head!;
        ClassScores masked = MaskedTokens(head, states.LastHiddenState, batch);
        if (head is not PreTrainingHead pair) return [masked];
        Tensor labels = batch.Values(sequence => [sequence.PairLabel]);
        return [masked, new ClassScores(LossTerms[1], pair.ScorePair(states.PoolerOutput!, input), labels)];
    }

    /// <summary>The vocabulary scores of the chosen rows.</summary>
    internal static ClassScores MaskedTokens(LanguageModelHead head, Tensor hiddenStates, PretrainingBatch batch)
    {
        Tensor rows = hiddenStates.index_select(0, batch.Rows(sequence => sequence.Positions)); // [tokens, D] → [masked, D]
        return new ClassScores("mlm", head.Score(rows), batch.Values(sequence => sequence.Targets));
    }
}
