using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Training;
using static TorchSharp.torch;

namespace Graft.Tasks;

/// <summary>
/// What a task trains towards and how a model answers it: the part of a <see cref="FineTuningTask"/> that computes. One is made for each
/// run or scorer;
/// a task of your own has one by <see cref="TaskObjectives.Register"/>.
/// </summary>
public abstract class TaskObjective
{
    /// <summary>How features lie in a batch.</summary>
    /// <value>Packed; padded rows for heads that compare the tokens of a row with each other.</value>
    public virtual BatchLayout Layout => BatchLayout.Packed;

    /// <summary>The most tokens that go through the model at once in training.</summary>
    public virtual int TokensAMicroBatch(ModelConfig config) => new BatchingOptions().TokensAMicroBatch;

    /// <summary>
    /// Whether an example's loss depends on the others of its optimizer batch, so that ranks could not compute parts of one.
    /// </summary>
    /// <value>False.</value>
    public virtual bool SpansBatch => false;

    /// <summary>What the head is measured against.</summary>
    /// <param name="features">The batch; all have targets.</param>
    /// <param name="collator">Lays tokens' targets as their tokens lie.</param>
    public abstract Targets Targets(IReadOnlyList<Feature> features, Collator collator);

    /// <summary>The model's input for a batch.</summary>
    /// <inheritdoc cref="Collator.Input"/>
    public virtual EncoderInput Input(
        Collator collator,
        IReadOnlyList<Feature> features,
        ulong? dropoutSeed = null,
        int firstSequence = 0
    ) => collator.Input(features, dropoutSeed, firstSequence);

    /// <summary>The head's scores as the loss and the predictions want them: choices beside each other, windows pooled.</summary>
    public virtual HeadOutput Arrange(HeadOutput output, IReadOnlyList<Feature> features) => output;

    /// <summary>The loss of scores, summed over what <see cref="FineTuningTask.LossItems"/> counts.</summary>
    /// <param name="output">The scores as <see cref="Arrange"/> gives them.</param>
    /// <param name="input">Mask or boundaries.</param>
    /// <param name="targets">What <see cref="Targets"/> gave.</param>
    /// <param name="head">The model's head, which has a loss of its own; null where scores were made without one.</param>
    public virtual Tensor Loss(HeadOutput output, EncoderInput? input, Targets targets, Head? head) =>
        head!.Losses(output, input!, targets).Select(term => term.Sum).Aggregate((a, b) => a + b);

    /// <summary>The loss of a micro-batch, with gradients, summed over what <see cref="FineTuningTask.LossItems"/> counts.</summary>
    public virtual Tensor LossSum(PretrainedModel model, Collator collator, FeatureBatch batch, StepContext context)
    {
        EncoderInput input = Input(collator, batch.Features, context.Seed, batch.First);
        Targets targets = Targets(batch.Features, collator);
        HeadOutput output = Arrange(model.Forward(input).Scores!, batch.Features);
        return Loss(output, input, targets, model.Head);
    }

    /// <summary>What evaluation and prediction keep of a batch: by default the head's raw scores, one entry a feature.</summary>
    public virtual IReadOnlyList<FeatureScores> Score(PretrainedModel model, Collator collator, IReadOnlyList<Feature> features)
    {
        EncoderInput input = collator.Input(features);
        ModelOutput output = model.Forward(input);
        IReadOnlyList<FeatureScores> scores = HeadScores.Cut(Arrange(output.Scores!, features), input, features);
        return KeepsVectors ? OwnVectors.Beside(scores, model, output.States, input) : scores;
    }

    /// <summary>Whether scores carry the vectors of their texts.</summary>
    internal bool KeepsVectors { get; set; }

    /// <summary>Writes what the folder of a trained model needs beside the model itself.</summary>
    public virtual void SaveCompanions(PretrainedModel model, string folder)
    {
    }
}
