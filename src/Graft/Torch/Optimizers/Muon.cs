using System.Runtime.Intrinsics;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Optimizers;

/// <summary>Muon's constants; rate and weight decay are shared with AdamW.</summary>
public sealed record MuonOptions
{
    /// <summary>Decay of the gradient's running mean.</summary>
    /// <value>In [0, 1); 0.95.</value>
    public double Momentum { get; init; } = 0.95;

    /// <summary>Newton-Schulz iterations.</summary>
    /// <value>1 to 20; 5.</value>
    public int Iterations { get; init; } = 5;

    /// <summary>Refuses impossible constants.</summary>
    /// <exception cref="InputException">A constant is out of its range.</exception>
    public void Validate()
    {
        if (Momentum is not (>= 0 and < 1))
            throw new InputException("momentum", FormattableString.Invariant($"{Momentum}"), "a number in [0, 1)");
        if (Iterations is not (>= 1 and <= 20))
            throw new InputException("iterations", FormattableString.Invariant($"{Iterations}"), "from 1 to 20");
    }
}

/// <summary>
/// Muon (Jordan 2024): the Nesterov momentum of each hidden matrix is replaced by the orthogonal matrix nearest to it, so that every
/// direction moves by the same amount. Steps are scaled by 0.2·√max(rows, columns) (Liu et al. 2025, §2.2): their root mean square is then
/// AdamW's, and AdamW's learning rate and weight decay carry over. Everything that is no hidden matrix goes to AdamW.
/// </summary>
internal sealed unsafe class Muon : Optimizer
{
    private const long Block = 1 << 14;
    private const double RootMeanSquare = 0.2;
    private const string Momentum = "momentum.";
    private readonly FlatParameters _parameters;
    private readonly MuonOptions _options;
    private readonly double _weightDecay;
    private readonly AdamW _rest;
    private readonly List<(FlatParameters.Segment Segment, long Offset)> _places = []; // of the momentum
    private readonly Tensor _momentum;
    private readonly Tensor _direction; // this step's, before and after it is made orthogonal

    /// <summary>Momentum and moments of zero.</summary>
    /// <param name="parameters">What is trained; those with <see cref="TrainedParameter.Matrices"/> by Muon.</param>
    /// <param name="options">Muon's constants.</param>
    /// <param name="rest">AdamW's for the others; its weight decay is that of all.</param>
    /// <exception cref="InputException">A constant is out of its range.</exception>
    public Muon(FlatParameters parameters, MuonOptions options, AdamWOptions rest)
        : this(parameters, options, rest, parameters.Segments)
    {
    }

    /// <summary>Momentum and moments of zero for some parameters, hidden matrices whole; the others are left alone.</summary>
    internal Muon(FlatParameters parameters, MuonOptions options, AdamWOptions rest, IReadOnlyList<FlatParameters.Segment> segments)
    {
        options.Validate();
        (_parameters, _options, _weightDecay) = (parameters, options, rest.WeightDecay);
        long count = 0;
        foreach (FlatParameters.Segment segment in segments.Where(IsHidden))
        {
            _places.Add((segment, count));
            count += FlatParameters.Aligned(segment.Count);
        }

        _momentum = zeros(count, ScalarType.Float32).DetachFromDisposeScope();
        _direction = zeros(count, ScalarType.Float32).DetachFromDisposeScope();
        _rest = new AdamW(parameters, rest, segments.Where(segment => !IsHidden(segment)));
    }

    /// <inheritdoc/>
    public override void Step(double learningRate, double gradientScale = 1)
    {
        Steps++;
        Accumulate((float)gradientScale);
        using (IDisposable noGradient = no_grad())
        {
            foreach ((FlatParameters.Segment segment, long offset) in _places.Where(place => Steps > place.Segment.Parameter.StartsAt))
                Move(segment, offset, learningRate * segment.Parameter.RateFactor);
        }

        _rest.Step(learningRate, gradientScale);
    }

    /// <summary>The momentum ("momentum.NAME") and AdamW's moments.</summary>
    /// <inheritdoc/>
    internal override IEnumerable<Moment> Moments() =>
        _rest
            .Moments()
            .Concat(
                _places.Select(place => new Moment(
                    Momentum + place.Segment.Parameter.Name,
                    place.Segment,
                    FlatParameters.View(_momentum, place.Segment, place.Offset)
                ))
            );

    /// <inheritdoc/>
    internal override IEnumerable<string> MomentsOf(TrainedParameter parameter) =>
        parameter.Matrices is null ? _rest.MomentsOf(parameter) : [Momentum + parameter.Name];

    /// <inheritdoc/>
    public override void Restore(IReadOnlyDictionary<string, Tensor> state, long steps)
    {
        base.Restore(state, steps);
        _rest.Restore(state, steps);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _momentum.Dispose();
        _direction.Dispose();
        _rest.Dispose();
    }

    private static bool IsHidden(FlatParameters.Segment segment) => segment.Parameter.Matrices is not null;

    /// <summary>m ← β·m + (1 − β)·g; the direction is one step ahead of it: (1 − β)·g + β·m.</summary>
    private void Accumulate(float scale)
    {
        float beta = (float)_options.Momentum,
            share = (float)(1 - _options.Momentum) * scale;
        float* gradient = Dispatcher.Data(_parameters.Gradient),
            momentum = Dispatcher.Data(_momentum),
            direction = Dispatcher.Data(_direction);
        List<(long From, long To, int Count)> pieces = [];
        foreach ((FlatParameters.Segment segment, long offset) in _places)
        {
            for (long start = 0; start < segment.Count; start += Block)
                pieces.Add((segment.Offset + start, offset + start, (int)Math.Min(Block, segment.Count - start)));
        }

        KernelThreads.For(pieces.Count, 1, (begin, end) =>
        {
            for (long i = begin; i < end; i++)
            {
                (long from, long to, int count) = pieces[(int)i];
                Accumulate(gradient + from, momentum + to, direction + to, count, beta, share);
            }
        });
    }

    private static void Accumulate(float* gradient, float* momentum, float* direction, int count, float beta, float share)
    {
        int i = 0;
        for (; i + 8 <= count; i += 8)
        {
            Vector256<float> part = Vector256.Load(gradient + i) * share;
            Vector256<float> mean = (Vector256.Load(momentum + i) * beta) + part;
            mean.Store(momentum + i);
            ((mean * beta) + part).Store(direction + i);
        }

        for (; i < count; i++)
        {
            float part = gradient[i] * share;
            momentum[i] = (momentum[i] * beta) + part;
            direction[i] = (momentum[i] * beta) + part;
        }
    }

    /// <summary>Moves the matrices of one parameter along their orthogonal directions.</summary>
    private void Move(FlatParameters.Segment segment, long offset, double rate)
    {
        using DisposeScope scope = NewDisposeScope();
        (int count, bool inColumns) = segment.Parameter.Matrices!.Value;
        Tensor whole = FlatParameters.View(_direction, segment, offset);
        foreach (
            (Tensor direction, Tensor weight) in whole
                .chunk(count, inColumns ? 1 : 0)
                .Zip(segment.Parameter.Value.chunk(count, inColumns ? 1 : 0))
        )
        {
            using DisposeScope inner = NewDisposeScope();
            Tensor orthogonal = Orthogonal.Nearest(direction, _options.Iterations);
            double scale = RootMeanSquare * Math.Sqrt(Math.Max(direction.shape[0], direction.shape[1]));
            if (segment.Parameter.Decays) weight.mul_(1 - (rate * _weightDecay));
            weight.add_(orthogonal, alpha: -rate * scale);
        }
    }
}
