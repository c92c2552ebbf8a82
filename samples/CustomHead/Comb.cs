using Graft.Backbones;
using Graft.Pretrained;
using Graft.Pretraining;
using Graft.Pretraining.Objectives;
using Graft.Pretraining.Sequences;

namespace CustomHead;

/// <summary>A comb: every so many tokens one is masked, and the model says which it was.</summary>
/// <param name="mask">The mask token.</param>
/// <param name="gap">From one masked token to the next.</param>
internal sealed class Comb(int mask, int gap) : PretrainingObjective
{
    public override string Head => HeadKinds.MaskedLm;
    public override IReadOnlyList<string> LossTerms => ["comb"];
    public override double HeadShare => 1.0 / gap;

    /// <summary>Where the comb begins depends on the seed, the text and how often it was seen: a resumed run draws the same.</summary>
    public override CorruptedSequence Corrupt(TrainingSequence sequence, ulong seed)
    {
        int[] ids = [.. sequence.Ids];
        List<int> positions = [];
        for (int i = 1 + (int)((seed + sequence.Number + sequence.Visit) % (ulong)gap); i < ids.Length - 1; i += gap) positions.Add(i);
        foreach (int position in positions) ids[position] = mask;
        return new CorruptedSequence(ids, [.. positions], [.. positions.Select(position => sequence.Ids[position])])
        {
            Original = sequence.Ids,
            TypeIds = sequence.TypeIds,
        };
    }

    public override double[] Counts(PretrainingBatch batch) => [batch.Sequences.Sum(sequence => sequence.Targets.Length)];

    public override IReadOnlyList<TermScores> Scores(PretrainedModel model, PretrainingBatch batch, ulong? seed) =>
        [TokenScores("comb", model, batch, seed)];
}
