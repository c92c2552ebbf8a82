using Graft.Pretraining.Objectives;
using Graft.Pretraining.Sequences;
using Graft.Training;

namespace Graft.Pretraining;

/// <summary>
/// The endless stream of optimizer batches: places of the sequence source one after the other, corrupted anew at each visit. A function of
/// the step, so a resumed run sees what it would have seen.
/// </summary>
/// <param name="source">The sequences in training order.</param>
/// <param name="objective">What corrupts them.</param>
/// <param name="seed">The run's seed.</param>
/// <param name="batchSize">Places of the source in an optimizer batch.</param>
/// <param name="microBatches">How many parts it is cut into.</param>
internal sealed class PretrainingBatches(
    ISequenceSource source,
    PretrainingObjective objective,
    ulong seed,
    int batchSize,
    int microBatches
) : IBatchSource
{
    /// <inheritdoc/>
    public long? StepsPerEpoch => null;

    /// <inheritdoc/>
    public IReadOnlyList<IMicroBatch> Batch(long step)
    {
        List<CorruptedSequence> sequences = [];
        for (int place = 0; place < batchSize; place++)
        {
            foreach (TrainingSequence sequence in source.At((step * batchSize) + place)) sequences.Add(objective.Corrupt(sequence, seed));
        }

        int parts = Math.Min(microBatches, sequences.Count), start = 0;
        List<IMicroBatch> batches = new(parts);
        for (int part = 1; part <= parts; part++)
        {
            int end = (int)((long)sequences.Count * part / parts);
            batches.Add(objective.Batch(sequences.GetRange(start, end - start), start));
            start = end;
        }

        return batches;
    }
}
