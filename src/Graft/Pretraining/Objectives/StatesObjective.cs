using Graft.Backbones;
using Graft.Layers;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining.Sequences;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Pretraining.Objectives;

/// <summary>
/// Distillation of a sentence encoder into a student of its own vocabulary and width: both read the text as it is, and the student follows
/// the direction of the teacher's last hidden state at every token, [CLS] and [SEP] included. Alone, the student keeps its pooler, which
/// goes on reading a [CLS] that means the same; or one half of the sequences is masked and learns masked LM instead.
/// </summary>
/// <param name="teacher">Not trained, not disposed.</param>
/// <param name="masked">Masked LM for one half of the sequences; null: states alone.</param>
/// <param name="weight">Weight of the hidden states beside masked LM.</param>
/// <param name="pairs">Sequences are pairs of segments, half of the second ones from other documents.</param>
internal sealed class StatesObjective(PretrainedModel teacher, MaskedObjective? masked, double weight, bool pairs) : PretrainingObjective
{
    public override string Head => masked?.Head ?? HeadKinds.None;

    public override IReadOnlyList<string> LossTerms => [.. masked?.LossTerms ?? [], "hidden"];

    public override bool? SentenceOrder => pairs ? false : null;

    public override double HeadShare => masked?.HeadShare ?? 0;

    public override CorruptedSequence Corrupt(TrainingSequence sequence, ulong seed) =>
        masked is not null && MaskedObjective.Takes(sequence, seed) ? masked.Corrupt(sequence, seed) : CorruptedSequence.Whole(sequence);

    public override double[] Counts(PretrainingBatch batch) =>
        [.. masked?.Counts(batch) ?? [], batch.Sequences.Where(IsFollowed).Sum(sequence => sequence.Ids.Length)];

    public override IReadOnlyList<TermScores> Scores(PretrainedModel model, PretrainingBatch batch, ulong? seed)
    {
        Tensor states = Run(model, batch.Input(seed)).LastHiddenState;
        DistanceScores distance = new("hidden", Distance(states, batch), masked is null ? 1 : weight);
        return masked is null ? [distance] : [MaskedObjective.MaskedTokens((Heads.LanguageModelHead)model.Head!, states, batch), distance];
    }

    private Tensor Distance(Tensor states, PretrainingBatch batch)
    {
        PretrainingBatch followed = Batch([.. batch.Sequences.Where(IsFollowed)]);
        if (followed.Sequences.Count == 0) return states.sum() * 0; // a zero that gradients can pass through
        Tensor target;
        using (no_grad()) target = Run(teacher, followed.Input(seed: null)).LastHiddenState;
        Tensor rows = batch.Rows(sequence => IsFollowed(sequence) ? Enumerable.Range(0, sequence.Ids.Length) : []);
        return Distillation.CosineSum(states.index_select(0, rows), target);
    }

    private static bool IsFollowed(CorruptedSequence sequence) => sequence.Positions.Length == 0;
}
