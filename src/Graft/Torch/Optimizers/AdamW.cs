using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Optimizers;

/// <summary>AdamW's constants.</summary>
public sealed record AdamWOptions
{
    /// <summary>Decay of the gradient's running mean.</summary>
    /// <value>In [0, 1); 0.9.</value>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Decay of the squared gradient's running mean.</summary>
    /// <value>In [0, 1); 0.999.</value>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to the root of the second moment.</summary>
    /// <value>Positive; 1e-8.</value>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay of the parameters that decay.</summary>
    /// <value>At least 0; 0.01.</value>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Refuses impossible constants.</summary>
    /// <exception cref="InputException">A constant is out of its range.</exception>
    public void Validate()
    {
        Require(Beta1 is >= 0 and < 1, "beta1", Beta1, "a number in [0, 1)");
        Require(Beta2 is >= 0 and < 1, "beta2", Beta2, "a number in [0, 1)");
        Require(Epsilon > 0, "epsilon", Epsilon, "a positive number");
        Require(WeightDecay >= 0, "weight-decay", WeightDecay, "a number of at least 0");
    }

    private static void Require(bool valid, string key, double value, string allowed)
    {
        if (!valid) throw new InputException(key, FormattableString.Invariant($"{value}"), allowed);
    }
}

/// <summary>
/// AdamW (Loshchilov and Hutter 2019) with bias correction as one pass over all parameters: 28 bytes of memory traffic a value. The clip
/// factor is applied on the way, so clipping costs nothing beyond the norm.
/// </summary>
internal sealed unsafe class AdamW : Optimizer
{
    private const long Block = 1 << 14;
    private const string FirstMoment = "exp_avg.", SecondMoment = "exp_avg_sq.";
    private readonly FlatParameters _parameters;
    private readonly List<(FlatParameters.Segment Segment, long Offset)> _places = []; // of the moments
    private readonly AdamWOptions _options;
    private readonly Tensor _mean;
    private readonly Tensor _square;

    /// <summary>Moments of zero for every parameter.</summary>
    /// <exception cref="InputException">A constant is out of its range.</exception>
    public AdamW(FlatParameters parameters, AdamWOptions options)
        : this(parameters, options, parameters.Segments)
    {
    }

    /// <summary>Moments of zero for some parameters; the others are left alone.</summary>
    internal AdamW(FlatParameters parameters, AdamWOptions options, IEnumerable<FlatParameters.Segment> segments)
    {
        options.Validate();
        _parameters = parameters;
        _options = options;
        long count = 0;
        foreach (FlatParameters.Segment segment in segments)
        {
            _places.Add((segment, count));
            count += FlatParameters.Aligned(segment.Count);
        }

        _mean = zeros(count, ScalarType.Float32).DetachFromDisposeScope();
        _square = zeros(count, ScalarType.Float32).DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public override void Step(double learningRate, double gradientScale = 1)
    {
        Steps++;
        float* gradient = Dispatcher.Data(_parameters.Gradient), mean = Dispatcher.Data(_mean), square = Dispatcher.Data(_square);
        List<Piece> pieces = [];
        foreach ((FlatParameters.Segment segment, long offset) in _places)
        {
            long steps = Steps - segment.Parameter.StartsAt; // its moments are as old as that
            if (steps <= 0) continue;
            double correction1 = 1 - Math.Pow(_options.Beta1, steps), correction2 = Math.Sqrt(1 - Math.Pow(_options.Beta2, steps));
            double rate = learningRate * segment.Parameter.RateFactor;
            Update update = new()
            {
                Keep = (float)(1 - (rate * (segment.Parameter.Decays ? _options.WeightDecay : 0))),
                Rate = (float)(rate / correction1),
                Root = (float)(1 / correction2),
                Epsilon = (float)_options.Epsilon,
                Beta1 = (float)_options.Beta1,
                Beta2 = (float)_options.Beta2,
                New1 = (float)(1 - _options.Beta1),
                New2 = (float)(1 - _options.Beta2),
                Scale = (float)gradientScale,
            };
            float* values = Dispatcher.Data(segment.Parameter.Value) + segment.Start;
            for (long start = 0; start < segment.Count; start += Block)
            {
                long at = offset + start;
                pieces.Add(
                    new Piece(
                        values + start,
                        gradient + segment.Offset + start,
                        mean + at,
                        square + at,
                        (int)Math.Min(Block, segment.Count - start),
                        update
                    )
                );
            }
        }

        KernelThreads.For(pieces.Count, 1, (begin, end) =>
        {
            for (long i = begin; i < end; i++) Apply(pieces[(int)i]);
        });
    }

    /// <summary>The moments: "exp_avg.NAME", "exp_avg_sq.NAME".</summary>
    /// <inheritdoc/>
    internal override IEnumerable<Moment> Moments() => _places.SelectMany(place => (Moment[])
    [
        new(FirstMoment + place.Segment.Parameter.Name, place.Segment, FlatParameters.View(_mean, place.Segment, place.Offset)),
        new(SecondMoment + place.Segment.Parameter.Name, place.Segment, FlatParameters.View(_square, place.Segment, place.Offset)),
    ]);

    /// <inheritdoc/>
    internal override IEnumerable<string> MomentsOf(TrainedParameter parameter) =>
        [FirstMoment + parameter.Name, SecondMoment + parameter.Name];

    /// <inheritdoc/>
    public override void Dispose()
    {
        _mean.Dispose();
        _square.Dispose();
    }

    private static void Apply(in Piece piece)
    {
        Update u = piece.Update;
        float* p = piece.Value, g = piece.Gradient, m = piece.Mean, v = piece.Square;
        int i = 0;
        for (; i + 8 <= piece.Count; i += 8)
        {
            Vector256<float> gradient = Vector256.Load(g + i) * u.Scale;
            Vector256<float> mean = (Vector256.Load(m + i) * u.Beta1) + (gradient * u.New1);
            Vector256<float> square = (Vector256.Load(v + i) * u.Beta2) + (gradient * gradient * u.New2);
            Vector256<float> root = (Vector256.Sqrt(square) * u.Root) + Vector256.Create(u.Epsilon);
            ((Vector256.Load(p + i) * u.Keep) - (mean * u.Rate / root)).Store(p + i);
            mean.Store(m + i);
            square.Store(v + i);
        }

        for (; i < piece.Count; i++)
        {
            float gradient = g[i] * u.Scale;
            m[i] = (m[i] * u.Beta1) + (gradient * u.New1);
            v[i] = (v[i] * u.Beta2) + (gradient * gradient * u.New2);
            p[i] = (p[i] * u.Keep) - (m[i] * u.Rate / ((MathF.Sqrt(v[i]) * u.Root) + u.Epsilon));
        }
    }

    /// <summary>The numbers of one step for one parameter.</summary>
    private struct Update
    {
        public float Keep, Rate, Root, Epsilon, Beta1, Beta2, New1, New2, Scale;
    }

    /// <summary>A stretch of one parameter.</summary>
    private readonly struct Piece(float* value, float* gradient, float* mean, float* square, int count, Update update)
    {
        public readonly float* Value = value, Gradient = gradient, Mean = mean, Square = square;
        public readonly int Count = count;
        public readonly Update Update = update;
    }
}
