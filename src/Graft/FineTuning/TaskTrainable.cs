using Graft.Layers;
using Graft.Pretrained;
using Graft.Torch.Optimizers;
using Graft.Training;
using Graft.Tuning;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Tasks;

/// <summary>A model with a head, trained towards features' targets; the objective knows the loss.</summary>
/// <param name="objective">What is learned.</param>
/// <param name="model">The model.</param>
/// <param name="collator">Makes tensors of features.</param>
/// <param name="module">What is trained: the model, or the model with a strategy's new parts.</param>
/// <param name="options">Strategy and layers: which parameters learn how fast, and from when on; null: all alike.</param>
internal sealed class TaskTrainable(
    TaskObjective objective,
    PretrainedModel model,
    Collator collator,
    Layer module,
    FineTuningOptions? options = null
) : ITrainable
{
    private readonly LayerDepths _depths = new(model.Network);

    public nn.Module Module => module;

    public IReadOnlyList<string> LossTerms => ["loss"];

    public Tensor[] LossSums(IMicroBatch batch, StepContext context) => [objective.LossSum(model, collator, (FeatureBatch)batch, context)];

    public double RateFactor(string parameter) => options?.Layers.RateFactor(_depths, parameter) ?? 1;

    public long StartsAt(string parameter, long updates) => options?.Layers.StartsAt(_depths, parameter, updates) ?? 0;

    public bool Decays(string name, Parameter parameter) => parameter.dim() > 1 && options?.Strategy.Decays(name) != false;

    public HiddenMatrices? HiddenMatrices(Parameter parameter) => model.Backbone.HiddenMatrices(parameter);
}
