using Graft.Backbones;
using Graft.Heads;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining.Sequences;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Pretraining.Objectives;

/// <summary>Causal language modelling: each token from those before it.</summary>
internal sealed class CausalObjective : PretrainingObjective
{
    public override HeadKind Head => HeadKind.CausalLm;

    public override IReadOnlyList<string> LossTerms => ["causal"];

    public override CorruptedSequence Corrupt(TrainingSequence sequence, ulong seed) =>
        CorruptedSequence.Of(CausalLm.Targets(sequence.Ids), sequence);

    public override double[] Counts(PretrainingBatch batch) => [batch.Sequences.Sum(sequence => sequence.Targets.Length)];

    public override IReadOnlyList<TermScores> Scores(PretrainedModel model, PretrainingBatch batch, ulong? seed)
    {
        Tensor states = Run(model, batch.Input(seed)).LastHiddenState;
        return [MaskedObjective.MaskedTokens((LanguageModelHead)model.Head!, states, batch) with { Name = "causal" }];
    }
}
