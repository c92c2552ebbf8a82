using Graft.Pretrained;
using Graft.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tasks;

/// <summary>A model with a head, trained towards features' targets; the task knows the loss.</summary>
/// <param name="task">What is learned.</param>
/// <param name="model">The model.</param>
/// <param name="collator">Makes tensors of features.</param>
/// <param name="module">What is trained: the model, or the model with a strategy's new parts.</param>
/// <param name="rateFactor">What a parameter's learning rate is multiplied by; null: 1.</param>
internal sealed class TaskTrainable(FineTuningTask task, PretrainedModel model, Collator collator, nn.Module module, Func<string, double>? rateFactor = null) : ITrainable
{
    public nn.Module Module => module;

    public IReadOnlyList<string> LossTerms => ["loss"];

    public Tensor[] LossSums(IMicroBatch batch, StepContext context) => [task.LossSum(model, collator, (FeatureBatch)batch, context)];

    public double RateFactor(string parameter) => rateFactor?.Invoke(parameter) ?? 1;
}
