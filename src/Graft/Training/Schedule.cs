namespace Graft.Training;

/// <summary>How the learning rate goes after warm-up; names as on the command line.</summary>
public enum ScheduleKind
{
    /// <summary>Falls in a straight line to 0.</summary>
    Linear,

    /// <summary>Falls along half a cosine to 0.</summary>
    Cosine,

    /// <summary>Stays.</summary>
    Constant,

    /// <summary>Rises along a cosine over the first 30 % and falls along a cosine to almost 0 (Smith 2018); has its own warm-up.</summary>
    OneCycle,

    /// <summary>Falls along a polynomial to 1e-7.</summary>
    Polynomial,

    /// <summary>Falls with 1/√update from the end of warm-up.</summary>
    InverseSqrt,

    /// <summary>Falls along a cosine to 0 and starts again, several times.</summary>
    CosineRestarts,
}

/// <summary>
/// What the learning rate is multiplied by at each update. Warm-up rises from 0, so the first update changes nothing, as in the reference.
/// Progress and total share any unit: updates, or seconds when a run is bounded by time.
/// </summary>
public sealed record Schedule
{
    /// <summary>Which curve.</summary>
    public ScheduleKind Kind { get; init; } = ScheduleKind.Linear;

    /// <summary>Warm-up: a share of the total below 1, else a number of updates.</summary>
    /// <value>0.1</value>
    public double Warmup { get; init; } = 0.1;

    /// <summary>Power of the polynomial.</summary>
    /// <value>1</value>
    public double Power { get; init; } = 1;

    /// <summary>Number of cosines.</summary>
    /// <value>2</value>
    public int Cycles { get; init; } = 2;

    /// <summary>
    /// The length of warm-up in updates, rounded up as the reference does; a run of one update has none, or it would change nothing.
    /// </summary>
    public double WarmupUpdates(long totalUpdates) => totalUpdates <= 1 ? 0 : Warmup < 1 ? Math.Ceiling(Warmup * totalUpdates) : Warmup;

    /// <summary>The multiplier, in [0, 1].</summary>
    /// <param name="progress">Updates made so far (0 at the first), or seconds gone.</param>
    /// <param name="warmup">Length of warm-up in the same unit.</param>
    /// <param name="total">Length of the run in the same unit.</param>
    public double Multiplier(double progress, double warmup, double total)
    {
        if (Kind == ScheduleKind.OneCycle) return OneCycle(total <= 1 ? 1 : Math.Min(1, progress / (total - 1)));
        if (progress < warmup) return progress / Math.Max(1e-12, warmup);
        double share = Math.Clamp((progress - warmup) / Math.Max(1e-12, total - warmup), 0, 1);
        return Kind switch
        {
            ScheduleKind.Linear => 1 - share,
            ScheduleKind.Cosine => 0.5 * (1 + Math.Cos(Math.PI * share)),
            ScheduleKind.Constant => 1,
            ScheduleKind.Polynomial => progress > total ? 1e-7 : ((1 - 1e-7) * Math.Pow(1 - share, Power)) + 1e-7,
            ScheduleKind.InverseSqrt => Math.Sqrt(Math.Max(1, warmup) / Math.Max(1, progress)),
            ScheduleKind.CosineRestarts => share >= 1 ? 0 : 0.5 * (1 + Math.Cos(Math.PI * (Cycles * share % 1))),
            _ => throw new InvalidOperationException($"no schedule {Kind}"),
        };
    }

    /// <summary>From 1/25 up to 1 at 30 %, then down to 1/250,000: PyTorch's OneCycleLR.</summary>
    private static double OneCycle(double share)
    {
        const double peak = 0.3, start = 1.0 / 25, end = start / 1e4;
        return share <= peak ? Between(start, 1, share / peak) : Between(1, end, (share - peak) / (1 - peak));

        static double Between(double from, double to, double part) => to + ((from - to) / 2 * (1 + Math.Cos(Math.PI * part)));
    }
}
