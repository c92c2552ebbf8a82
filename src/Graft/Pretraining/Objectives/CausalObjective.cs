using Graft.Backbones;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining.Sequences;

namespace Graft.Pretraining.Objectives;

/// <summary>Causal language modelling: each token from those before it.</summary>
internal sealed class CausalObjective : PretrainingObjective
{
    public override string Head => HeadKinds.CausalLm;

    public override IReadOnlyList<string> LossTerms => ["causal"];

    public override bool FramesSequences => false;

    public override CorruptedSequence Corrupt(TrainingSequence sequence, ulong seed) =>
        CorruptedSequence.Of(CausalLm.Targets(sequence.Ids), sequence);

    public override double[] Counts(PretrainingBatch batch) => [batch.Sequences.Sum(sequence => sequence.Targets.Length)];

    public override IReadOnlyList<TermScores> Scores(PretrainedModel model, PretrainingBatch batch, ulong? seed) =>
        [TokenScores("causal", model, batch, seed)];
}
