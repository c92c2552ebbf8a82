namespace Graft.Evaluation;

/// <summary>Intervals for a share of successes.</summary>
internal static class ProportionInterval
{
    /// <summary>Wilson's score interval (1927), without continuity correction.</summary>
    public static ScoreInterval Wilson(long successes, long trials, double level = 0.95)
    {
        double z = SpecialFunctions.NormalQuantile((1 + level) / 2), n = trials, p = successes / n;
        double centre = (p + (z * z / (2 * n))) / (1 + (z * z / n));
        double half = z / (1 + (z * z / n)) * Math.Sqrt((p * (1 - p) / n) + (z * z / (4 * n * n)));
        return new ScoreInterval(p, successes == 0 ? 0 : centre - half, successes == trials ? 1 : centre + half);
    }

    /// <summary>The exact interval of Clopper and Pearson (1934).</summary>
    public static ScoreInterval ClopperPearson(long successes, long trials, double level = 0.95)
    {
        double tail = (1 - level) / 2;
        return new ScoreInterval(
            (double)successes / trials,
            successes == 0 ? 0 : SpecialFunctions.InverseIncompleteBeta(successes, trials - successes + 1, tail),
            successes == trials ? 1 : SpecialFunctions.InverseIncompleteBeta(successes + 1, trials - successes, 1 - tail));
    }
}
