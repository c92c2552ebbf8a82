using Graft.Pretrained;
using Graft.Pretraining.Objectives;
using Graft.Torch.Optimizers;
using Graft.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Pretraining;

/// <summary>A model and its objective, as the trainer sees them.</summary>
internal sealed class PretrainingTask(PretrainedModel model, PretrainingObjective objective) : ITrainable
{
    /// <inheritdoc/>
    public nn.Module Module { get; } = objective.Trained(model);

    /// <inheritdoc/>
    public IReadOnlyList<string> LossTerms => objective.LossTerms;

    /// <inheritdoc/>
    public Tensor[] LossSums(IMicroBatch batch, StepContext context) =>
        [.. objective.Scores(model, (PretrainingBatch)batch, context.Seed).Select(term => term.LossSum())];

    /// <inheritdoc/>
    public HiddenMatrices? HiddenMatrices(Parameter parameter) => model.Backbone.HiddenMatrices(parameter);
}
