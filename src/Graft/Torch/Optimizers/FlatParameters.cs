using Graft.Torch.Kernels;
using Graft.Torch.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Torch.Optimizers;

/// <summary>A parameter that is trained.</summary>
/// <param name="Name">The name in the checkpoint.</param>
/// <param name="Value">The leaf tensor; fp32.</param>
/// <param name="Decays">True for weight matrices and embeddings, false for biases and any normalization weight.</param>
/// <param name="RateFactor">What the learning rate is multiplied by (layer-wise rates); 1 for most.</param>
/// <param name="Matrices">The matrices of a hidden layer that it is made of; null for embeddings, heads and vectors.</param>
/// <param name="StartsAt">The update from which on it is trained (gradual unfreezing); 0 for most.</param>
internal sealed record TrainedParameter(
    string Name,
    Parameter Value,
    bool Decays,
    double RateFactor = 1,
    HiddenMatrices? Matrices = null,
    long StartsAt = 0
);

/// <summary>The matrices of a hidden layer that one parameter holds: three in a joint query, key and value.</summary>
/// <param name="Count">How many, all of one shape.</param>
/// <param name="InColumns">They lie side by side and not on top of each other (a weight stored [in, out]).</param>
public readonly record struct HiddenMatrices(int Count, bool InColumns = false);

/// <summary>
/// The gradients of all trained parameters in one flat fp32 tensor, each <c>parameter.grad</c> a view of it, so that zeroing, the global
/// norm and the optimizer's step are one pass each.
/// </summary>
/// <remarks>
/// Move the model to its device first: <c>.to()</c> replaces parameters. Parameters must not be trained by anyone else meanwhile.
/// </remarks>
internal sealed class FlatParameters : IDisposable
{
    private const int Alignment = 16; // floats: a cache line
    private readonly List<Segment> _segments = [];

    /// <summary>Gives every parameter its zeroed part of one gradient.</summary>
    /// <exception cref="ArgumentException">Nothing to train, a parameter that is not fp32, or two of one name.</exception>
    public FlatParameters(IReadOnlyList<TrainedParameter> parameters)
    {
        if (parameters.Count == 0) throw new ArgumentException("no parameter is trained", nameof(parameters));
        HashSet<string> names = new(StringComparer.Ordinal);
        long offset = 0;
        foreach (TrainedParameter parameter in parameters)
        {
            if (parameter.Value.dtype != ScalarType.Float32)
                throw new ArgumentException($"{parameter.Name} is {parameter.Value.dtype}: fp32 is trained", nameof(parameters));
            if (!parameter.Value.is_contiguous())
                throw new ArgumentException($"{parameter.Name} is not contiguous", nameof(parameters));
            if (!names.Add(parameter.Name))
                throw new ArgumentException($"{parameter.Name} is listed twice", nameof(parameters));
            long count = parameter.Value.numel();
            _segments.Add(new Segment(parameter, offset, count));
            offset += Aligned(count);
        }

        using IDisposable outside = NewDisposeScope();
        Gradient = zeros(offset, ScalarType.Float32).DetachFromDisposeScope();
        foreach (Segment segment in _segments)
        {
            using Tensor view = View(Gradient, segment);
            segment.Parameter.Value.grad = view;
        }
    }

    /// <summary>All gradients, one after the other, each on a cache line of its own (the gaps stay zero).</summary>
    public Tensor Gradient { get; }

    /// <summary>The number of trained values.</summary>
    public long Count => _segments.Sum(segment => segment.Count);

    /// <summary>The parameters and their places.</summary>
    internal IReadOnlyList<Segment> Segments => _segments;

    /// <summary>Leaves what is not trained yet out of backward passes.</summary>
    /// <param name="step">The update that follows, counted from 0.</param>
    public void Unfreeze(long step)
    {
        foreach (Segment segment in _segments)
        {
            bool isTrained = step >= segment.Parameter.StartsAt;
            if (segment.Parameter.StartsAt > 0 && segment.Parameter.Value.requires_grad != isTrained)
                segment.Parameter.Value.requires_grad = isTrained;
        }
    }

    /// <summary>Sets every gradient to zero.</summary>
    public void ZeroGradients() => FlatKernels.Zero(Gradient);

    /// <summary>The Euclidean norm over all gradients, summed in double precision.</summary>
    public double GradientNorm() => FlatKernels.Norm(Gradient);

    /// <summary>
    /// What gradients are multiplied by so that their norm is at most <paramref name="clipNorm"/>: min(1, clip / (norm + 1e-6)).
    /// </summary>
    /// <param name="norm">The global norm.</param>
    /// <param name="clipNorm">The bound; 0 or less for none.</param>
    public static double ClipFactor(double norm, double clipNorm) => clipNorm <= 0 ? 1 : Math.Min(1, clipNorm / (norm + 1e-6));

    /// <summary>SHA-256 of all values.</summary>
    public unsafe string Hash()
    {
        using Sha256 hash = new();
        foreach (Segment segment in _segments)
        {
            for (long done = 0; done < segment.Count; done += 1 << 20)
                hash.Append(
                    new ReadOnlySpan<byte>(
                        Dispatcher.Data(segment.Parameter.Value) + done,
                        (int)Math.Min(1 << 20, segment.Count - done) * sizeof(float)
                    )
                );
        }

        return hash.Finish();
    }

    /// <summary>Takes the gradients away from the parameters and releases them.</summary>
    public void Dispose()
    {
        foreach (Segment segment in _segments) segment.Parameter.Value.grad = null;
        Gradient.Dispose();
    }

    /// <summary>The parameters, or stretches of them, whose gradients lie in a part of the flat tensor.</summary>
    internal IReadOnlyList<Segment> Within(long from, long to) =>
    [
        .. _segments.Where(segment => segment.Offset < to && segment.Offset + segment.Count > from).Select(segment =>
        {
            long start = Math.Max(from, segment.Offset), end = Math.Min(to, segment.Offset + segment.Count);
            return new Segment(segment.Parameter, start, end - start, start - segment.Offset);
        }),
    ];

    /// <summary>Writes the values of a part of the parameters where their gradients lie.</summary>
    internal unsafe void CopyValuesToGradient(long from, long to)
    {
        float* flat = Dispatcher.Data(Gradient);
        foreach (Segment segment in Within(from, to))
            FlatKernels.Copy(Dispatcher.Data(segment.Parameter.Value) + segment.Start, flat + segment.Offset, segment.Count);
    }

    /// <summary>Takes the values of a part of the parameters from where their gradients lie.</summary>
    internal unsafe void CopyGradientToValues(long from, long to)
    {
        float* flat = Dispatcher.Data(Gradient);
        foreach (Segment segment in Within(from, to))
            FlatKernels.Copy(flat + segment.Offset, Dispatcher.Data(segment.Parameter.Value) + segment.Start, segment.Count);
    }

    /// <summary>The part of a flat tensor that belongs to a parameter, in the parameter's shape.</summary>
    internal static Tensor View(Tensor flat, Segment segment) => View(flat, segment, segment.Offset);

    /// <summary>The same of a flat tensor with places of its own; of a stretch of a parameter in one dimension.</summary>
    internal static Tensor View(Tensor flat, Segment segment, long offset)
    {
        Tensor part = flat.narrow(0, offset, segment.Count);
        if (!segment.IsWhole) return part;
        using (part) return part.view(segment.Parameter.Value.shape);
    }

    /// <summary>Room for so many values, so that the next begin on a cache line of their own.</summary>
    internal static long Aligned(long count) => (count + Alignment - 1) / Alignment * Alignment;

    /// <summary>The place of a parameter, or of a stretch of one.</summary>
    /// <param name="Parameter">The parameter.</param>
    /// <param name="Offset">Where its gradient begins in the flat tensor.</param>
    /// <param name="Count">Values.</param>
    /// <param name="Start">The stretch's first value in the parameter.</param>
    internal sealed record Segment(TrainedParameter Parameter, long Offset, long Count, long Start = 0)
    {
        /// <summary>Whether it is the whole parameter.</summary>
        public bool IsWhole => Count == Parameter.Value.numel();
    }
}
