using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tasks;

/// <summary>A model with a head, trained towards features' targets.</summary>
/// <param name="model">The model; its head decides the loss.</param>
/// <param name="collator">Makes tensors of features.</param>
/// <param name="module">What is trained: the model, or the model with a strategy's new parts.</param>
/// <param name="rateFactor">What a parameter's learning rate is multiplied by; null: 1.</param>
internal sealed class TaskTrainable(PretrainedModel model, Collator collator, nn.Module module, Func<string, double>? rateFactor = null) : ITrainable
{
    public nn.Module Module => module;

    public IReadOnlyList<string> LossTerms => ["loss"];

    /// <summary>Applied to the loss's sum where a task weighs its examples or smooths its labels; null: the head's own loss.</summary>
    public Func<HeadOutput, Targets, Tensor>? Loss { get; init; }

    public Tensor[] LossSums(IMicroBatch batch, StepContext context)
    {
        FeatureBatch features = (FeatureBatch)batch;
        EncoderInput input = collator.Input(features.Features, context.Seed, features.First);
        Targets targets = collator.Targets(features.Features);
        HeadOutput output = model.Forward(input, targets).Scores!;
        return [Loss is null ? model.Head!.Losses(output, input, targets)[0].Sum : Loss(output, targets)];
    }

    public double RateFactor(string parameter) => rateFactor?.Invoke(parameter) ?? 1;
}
