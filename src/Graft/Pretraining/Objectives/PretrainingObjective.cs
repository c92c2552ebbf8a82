using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Pretraining.Sequences;
using Graft.Torch.Compute;

namespace Graft.Pretraining.Objectives;

/// <summary>
/// An objective in a run: how a sequence is corrupted, which head predicts what was lost, and the terms of the loss. Everything is a
/// function of (sequence, seed) and of the parameters. One of your own is registered by <see cref="PretrainingObjectives.Register"/>.
/// </summary>
public abstract class PretrainingObjective
{
    /// <summary>The head it trains.</summary>
    public abstract string Head { get; }

    /// <summary>Names of the loss's terms.</summary>
    public abstract IReadOnlyList<string> LossTerms { get; }

    /// <summary>Pairs of sentences: false, the second is the next or one of another text; true, both may be swapped.</summary>
    /// <value>Null: no pairs.</value>
    public virtual bool? SentenceOrder => null;

    /// <summary>Whether [CLS] and [SEP] stand around a sequence where the tokenizer has them.</summary>
    public virtual bool FramesSequences => true;

    /// <summary>The share of a batch's tokens that the head scores, for the estimate of the run's cost.</summary>
    public virtual double HeadShare => 1;

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
    internal PretrainingBatch Batch(IReadOnlyList<CorruptedSequence> sequences, int firstPlace = 0) => new(sequences, firstPlace, Counts);

    /// <summary>The vocabulary scores of the tokens to predict, and no others: what a model with a language-model head says.</summary>
    /// <param name="name">The name of the loss's term.</param>
    /// <param name="model">The model.</param>
    /// <param name="batch">The batch, packed.</param>
    /// <param name="seed">The update's seed; null for evaluation.</param>
    /// <exception cref="InputException">The model has no language-model head.</exception>
    protected static TermScores TokenScores(string name, PretrainedModel model, PretrainingBatch batch, ulong? seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(batch);
        LanguageModelHead head = model.Head as LanguageModelHead
            ?? throw new InputException($"a {model.HeadKind} head has no vocabulary scores: the objective wants a masked or causal one");
        return MaskedObjective.MaskedTokens(head, Run(model, batch.Input(seed)).LastHiddenState, batch) with { Name = name };
    }

    /// <summary>Hidden states of a batch.</summary>
    private protected static BackboneOutput Run(PretrainedModel model, EncoderInput input)
    {
        using ComputeScope computing = model.Enter();
        return model.Backbone.Forward(input);
    }
}
