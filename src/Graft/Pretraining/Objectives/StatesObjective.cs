using Graft.Backbones;
using Graft.Layers;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining.Sequences;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Pretraining.Objectives;

/// <summary>
/// Distillation of a sentence encoder into a student of its own vocabulary and width: both read the text as it is, and the student follows the
/// direction of the teacher's last hidden state at every token, [CLS] and [SEP] included. There is no masked LM: such a teacher has no head for
/// it, and the student keeps the pooler, which goes on reading a [CLS] that means the same.
/// </summary>
/// <param name="teacher">Not trained, not disposed.</param>
/// <param name="pairs">Sequences are pairs of segments, half of the second ones from other documents.</param>
internal sealed class StatesObjective(PretrainedModel teacher, bool pairs) : PretrainingObjective
{
    public override HeadKind Head => HeadKind.None;

    public override IReadOnlyList<string> LossTerms => ["hidden"];

    public override bool? SentenceOrder => pairs ? false : null;

    public override CorruptedSequence Corrupt(TrainingSequence sequence, ulong seed) => CorruptedSequence.Whole(sequence);

    public override double[] Counts(PretrainingBatch batch) => [batch.Tokens];

    public override IReadOnlyList<TermScores> Scores(PretrainedModel model, PretrainingBatch batch, ulong? seed)
    {
        Tensor target;
        using (no_grad()) target = Run(teacher, batch.Input(seed: null)).LastHiddenState;
        return [new DistanceScores("hidden", Distillation.CosineSum(Run(model, batch.Input(seed)).LastHiddenState, target))];
    }
}
