using Graft.Torch.Optimizers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Training;

/// <summary>
/// What the trainer knows of an objective or a task, and all it knows: a micro-batch goes in; for each term of the loss a
/// sum comes out. How many items each sum counts is known from the data alone (<see cref="IMicroBatch.Counts"/>), so the gradient of a
/// whole optimizer batch is exact however it is cut: loss = Σ over terms of (Σ over micro-batches of sums) ÷ (Σ over micro-batches of
/// counts).
/// </summary>
public interface ITrainable
{
    /// <summary>The module whose parameters with <c>requires_grad</c> are trained.</summary>
    nn.Module Module { get; }

    /// <summary>Names of the loss's terms, for logs: <c>["loss"]</c>, <c>["mlm", "nsp"]</c> …</summary>
    IReadOnlyList<string> LossTerms { get; }

    /// <summary>
    /// One forward pass: for each term the SUM of the loss over the items counted in <see cref="IMicroBatch.Counts"/>, as scalars with
    /// gradient.
    /// A pure function of the batch, the parameters and <see cref="StepContext.Seed"/> (dropout, masking): that is what makes resuming
    /// exact.
    /// </summary>
    /// <remarks>Called inside a dispose scope; nothing but the returned tensors may outlive it.</remarks>
    Tensor[] LossSums(IMicroBatch batch, StepContext context);

    /// <summary>What a parameter's learning rate is multiplied by: layer-wise rates; 1 for all where nothing is said.</summary>
    double RateFactor(string parameter) => 1;

    /// <summary>The update from which on a parameter is trained: gradual unfreezing; 0 for all where nothing is said.</summary>
    /// <param name="parameter">The name.</param>
    /// <param name="updates">The updates of the whole run.</param>
    long StartsAt(string parameter, long updates) => 0;

    /// <summary>
    /// Whether a parameter decays: matrices and embeddings do, vectors (biases and every kind of normalization weight) do not.
    /// </summary>
    bool Decays(string name, Parameter parameter) => parameter.dim() > 1;

    /// <summary>
    /// The hidden layers' matrices that a parameter holds; null for embeddings, heads, vectors, and where nobody asks (Muon does).
    /// </summary>
    HiddenMatrices? HiddenMatrices(Parameter parameter) => null;
}

/// <summary>
/// A part of an optimizer batch that is pushed through the model at once; already tensors or whatever its <see cref="ITrainable"/> needs.
/// </summary>
public interface IMicroBatch : IDisposable
{
    /// <summary>Number of examples (sequences).</summary>
    int Examples { get; }

    /// <summary>Number of real tokens, padding not counted: the unit of throughput.</summary>
    long Tokens { get; }

    /// <summary>
    /// For each loss term the number of items (examples, labelled tokens) its sum will count; known before the forward pass.
    /// </summary>
    IReadOnlyList<double> Counts { get; }

    /// <summary>Names the examples (file and line, or text starts) for the message that a non-finite loss stops the run with.</summary>
    string Describe();
}

/// <summary>
/// The order of training data: a deterministic function of (seed, epoch), entered anywhere. Pre-training streams are one endless epoch.
/// </summary>
public interface IBatchSource
{
    /// <summary>Optimizer batches in an epoch; null for an endless stream (then the run must be bounded by steps or time).</summary>
    long? StepsPerEpoch { get; }

    /// <summary>
    /// The micro-batches of optimizer step <paramref name="step"/> (0-based, counted over the whole run); the same for the same step,
    /// whatever was asked before, so that a resumed run continues with the data it would have seen.
    /// </summary>
    IReadOnlyList<IMicroBatch> Batch(long step);
}

/// <summary>Where in a run a forward pass stands.</summary>
/// <param name="Step">0-based optimizer step.</param>
/// <param name="MicroStep">0-based micro-batch within the step.</param>
/// <param name="Seed">Key of this micro-step's random numbers: <c>CounterRandom.Key(run seed, step)</c>. Per-example randomness must be
/// keyed by the example within the step, not by the micro-batch, so that cutting the batch changes nothing.</param>
public readonly record struct StepContext(long Step, int MicroStep, ulong Seed);
