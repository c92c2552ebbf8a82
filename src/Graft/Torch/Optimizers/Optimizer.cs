using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Optimizers;

/// <summary>
/// Moves trained parameters along their flat gradients. What it remembers between steps has names, so that a run resumes to the same bits.
/// </summary>
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
    public IReadOnlyDictionary<string, Tensor> State() =>
        Moments().ToDictionary(moment => moment.Name, moment => moment.View, StringComparer.Ordinal);

    /// <summary>What is remembered of each parameter, or stretch of one, that this optimizer moves.</summary>
    /// <returns>With views that the caller disposes.</returns>
    internal abstract IEnumerable<Moment> Moments();

    /// <summary>The names of what is remembered of a parameter, moved by this optimizer or its like on another rank.</summary>
    internal abstract IEnumerable<string> MomentsOf(TrainedParameter parameter);

    /// <summary>Goes on from a stored state: the same bits follow as without the interruption.</summary>
    /// <param name="state">What <see cref="State"/> gave.</param>
    /// <param name="steps">The steps made then.</param>
    /// <exception cref="InputException">A tensor is missing or has another shape.</exception>
    public virtual void Restore(IReadOnlyDictionary<string, Tensor> state, long steps)
    {
        using IDisposable noGradient = no_grad();
        foreach ((string name, FlatParameters.Segment segment, Tensor target) in Moments())
        {
            using Tensor view = target;
            if (!state.TryGetValue(name, out Tensor? source))
                throw new InputException($"the checkpoint has no {name}: it belongs to another model, strategy or optimizer");
            if (!source.shape.SequenceEqual(segment.Parameter.Value.shape))
                throw new InputException($"{name} in the checkpoint has another shape: it belongs to another model");
            if (segment.IsWhole)
            {
                view.copy_(source);
                continue;
            }

            using Tensor flat = source.view(-1), stretch = flat.narrow(0, segment.Start, segment.Count);
            view.copy_(stretch);
        }

        Steps = steps;
    }

    /// <summary>What is remembered of a parameter or a stretch of one.</summary>
    /// <param name="Name">As in a checkpoint.</param>
    /// <param name="Segment">The parameter's values it is of.</param>
    /// <param name="View">The numbers: in the parameter's shape, of a stretch in one dimension.</param>
    internal sealed record Moment(string Name, FlatParameters.Segment Segment, Tensor View);

    /// <summary>Releases what is remembered.</summary>
    public abstract void Dispose();
}
