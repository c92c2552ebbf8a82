using Graft.Backbones;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Pretraining.Sequences;
using Graft.Torch.Compute;

namespace Graft.Pretraining.Objectives;

/// <summary>
/// An objective in a run: how a sequence is corrupted, which head predicts what was lost, and the terms of the loss. Everything is a
/// function of (sequence, seed) and of the parameters.
/// </summary>
internal abstract class PretrainingObjective
{
    /// <summary>The head it trains.</summary>
    public abstract HeadKind Head { get; }

    /// <summary>Names of the loss's terms.</summary>
    public abstract IReadOnlyList<string> LossTerms { get; }

    /// <summary>True where sequences are pairs of sentences.</summary>
    public virtual bool? SentenceOrder => null;

    /// <summary>Corrupts a sequence.</summary>
    /// <param name="sequence">The sequence.</param>
    /// <param name="seed">The run's seed; draws are keyed by it, the sequence and its visit.</param>
    public abstract CorruptedSequence Corrupt(TrainingSequence sequence, ulong seed);

    /// <summary>How many items each term counts.</summary>
    public abstract double[] Counts(PretrainingBatch batch);

    /// <summary>The model's scores for each term.</summary>
    /// <param name="model">The model.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="seed">The update's seed; null for evaluation.</param>
    public abstract IReadOnlyList<TermScores> Scores(PretrainedModel model, PretrainingBatch batch, ulong? seed);

    /// <summary>The module whose parameters are trained: the model, and what the objective trains beside it.</summary>
    public virtual TorchSharp.torch.nn.Module Trained(PretrainedModel model) => model.Module;

    /// <summary>Writes what was trained beside the model.</summary>
    public virtual void SaveCompanions(string folder)
    {
    }

    /// <summary>What has to be found out on the first sequences before training.</summary>
    public virtual void Prepare(PretrainedModel model, IReadOnlyList<CorruptedSequence> sequences)
    {
    }

    /// <summary>Packs sequences into a batch.</summary>
    public PretrainingBatch Batch(IReadOnlyList<CorruptedSequence> sequences, int firstPlace = 0) => new(sequences, firstPlace, Counts);

    /// <summary>Hidden states of a batch.</summary>
    private protected static BackboneOutput Run(PretrainedModel model, EncoderInput input)
    {
        using ComputeScope computing = model.Enter();
        return model.Backbone.Forward(input);
    }
}
