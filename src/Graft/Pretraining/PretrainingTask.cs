using Graft.Layers;
using Graft.Pretrained;
using Graft.Pretraining.Objectives;
using Graft.Torch;
using Graft.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Pretraining;

/// <summary>A model and its objective, as the trainer sees them.</summary>
internal sealed class PretrainingTask(PretrainedModel model, PretrainingObjective objective) : ITrainable
{
    // Of the layers only: embeddings, the head and what the objective trains beside the model are no hidden matrices.
    private readonly Dictionary<nint, HiddenMatrices> _hidden = model.Backbone.Blocks
        .SelectMany(block => block.Find<Projection>())
        .DistinctBy(found => found.Layer.Weight.Handle)
        .ToDictionary(found => found.Layer.Weight.Handle, found => new HiddenMatrices(found.Layer.Parts, found.Layer.IsTransposed));

    /// <inheritdoc/>
    public nn.Module Module { get; } = objective.Trained(model);

    /// <inheritdoc/>
    public IReadOnlyList<string> LossTerms => objective.LossTerms;

    /// <inheritdoc/>
    public Tensor[] LossSums(IMicroBatch batch, StepContext context) =>
        [.. objective.Scores(model, (PretrainingBatch)batch, context.Seed).Select(term => term.LossSum())];

    /// <inheritdoc/>
    public HiddenMatrices? HiddenMatrices(Parameter parameter) => _hidden.TryGetValue(parameter.Handle, out HiddenMatrices matrices) ? matrices : null;
}
