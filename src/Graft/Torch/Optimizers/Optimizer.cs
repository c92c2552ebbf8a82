using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Optimizers;

/// <summary>Moves trained parameters along their flat gradients. What it remembers between steps has names, so that a run resumes to the same bits.</summary>
internal abstract class Optimizer : IDisposable
{
    /// <summary>The number of steps made.</summary>
    public long Steps { get; private protected set; }

    /// <summary>Updates every parameter from its gradient.</summary>
    /// <param name="learningRate">This step's rate, before each parameter's factor.</param>
    /// <param name="gradientScale">What gradients are multiplied by first: <see cref="FlatParameters.ClipFactor"/>.</param>
    public abstract void Step(double learningRate, double gradientScale = 1);

    /// <summary>What is remembered, by name and in its parameter's shape: views, for a checkpoint to write.</summary>
    /// <returns>Views that the caller disposes.</returns>
    public abstract IReadOnlyDictionary<string, Tensor> State();

    /// <summary>Goes on from a stored state: the same bits follow as without the interruption.</summary>
    /// <param name="state">What <see cref="State"/> gave.</param>
    /// <param name="steps">The steps made then.</param>
    /// <exception cref="InputException">A tensor is missing or has another shape.</exception>
    public virtual void Restore(IReadOnlyDictionary<string, Tensor> state, long steps)
    {
        using IDisposable noGradient = no_grad();
        foreach ((string name, Tensor target) in State())
        {
            using Tensor view = target;
            if (!state.TryGetValue(name, out Tensor? source)) throw new InputException($"the checkpoint has no {name}: it belongs to another model, strategy or optimizer");
            if (!source.shape.SequenceEqual(view.shape)) throw new InputException($"{name} in the checkpoint has another shape: it belongs to another model");
            view.copy_(source);
        }

        Steps = steps;
    }

    /// <summary>Releases what is remembered.</summary>
    public abstract void Dispose();
}
