using Graft.Pretrained;
using Graft.Pretraining.Objectives;
using Graft.Pretraining.Sequences;
using TorchSharp;

namespace Graft.Pretraining;

/// <summary>How a model does on one term of its loss.</summary>
/// <param name="Name">"mlm", "nsp" …</param>
/// <param name="Loss">Mean loss an item, in nats.</param>
/// <param name="Accuracy">Share of items judged right; not a number where nothing is judged.</param>
/// <param name="Items">How many there were.</param>
public sealed record TermResult(string Name, double Loss, double Accuracy, double Items)
{
    /// <summary>exp(loss).</summary>
    public double Perplexity => Math.Exp(Loss);
}

/// <summary>
/// Text the model is not trained on, always corrupted in the same way (seed 0), so that its figures are comparable through a run.
/// </summary>
internal sealed class HeldOut
{
    private readonly PretrainingObjective _objective;
    private readonly IReadOnlyList<PretrainingBatch> _batches;

    private HeldOut(PretrainingObjective objective, IReadOnlyList<PretrainingBatch> batches) =>
        (_objective, _batches) = (objective, batches);

    /// <summary>Number of sequences.</summary>
    public int Sequences => _batches.Sum(batch => batch.Sequences.Count);

    /// <summary>Tokens in them.</summary>
    public long Tokens => _batches.Sum(batch => batch.Tokens);

    /// <summary>Takes the first sequences of a source, evenly spread when there are more than asked for.</summary>
    public static HeldOut Of(ISequenceSource source, PretrainingObjective objective, int sequences, int batchSize)
    {
        long places = source.PerEpoch, taken = Math.Min(sequences, places);
        List<CorruptedSequence> corrupted = [];
        for (long i = 0; i < taken; i++)
        {
            foreach (TrainingSequence sequence in source.At(i * places / taken))
                corrupted.Add(objective.Corrupt(sequence with { Visit = 0 }, seed: 0));
        }

        return new HeldOut(objective, [.. corrupted.Chunk(batchSize).Select(chunk => objective.Batch(chunk))]);
    }

    /// <summary>Measures a model; nothing is dropped and nothing keeps a gradient.</summary>
    public IReadOnlyList<TermResult> Evaluate(PretrainedModel model)
    {
        double[] loss = new double[_objective.LossTerms.Count], correct = new double[loss.Length], items = new double[loss.Length];
        using IDisposable inference = torch.no_grad();
        foreach (PretrainingBatch batch in _batches)
        {
            using DisposeScope scope = torch.NewDisposeScope();
            IReadOnlyList<TermScores> scores = _objective.Scores(model, batch, seed: null);
            for (int i = 0; i < scores.Count; i++)
            {
                loss[i] += scores[i].LossSum().item<float>() / scores[i].Weight;
                correct[i] += scores[i].Correct() ?? double.NaN;
                items[i] += batch.Counts[i];
            }
        }

        return [.. _objective.LossTerms.Select((name, i) => new TermResult(name, loss[i] / items[i], correct[i] / items[i], items[i]))];
    }
}
