using Graft.Evaluation;

namespace Graft.Auto;

/// <summary>
/// A candidate's scores on units of comparison (examples, or whole folds where the metric is of sets): NaN where it was not tried.
/// </summary>
/// <param name="Name">The name of the candidate.</param>
/// <param name="Cost">What a text costs, for the order.</param>
/// <param name="Units">One value a unit.</param>
internal sealed record Standing(string Name, long Cost, double[] Units)
{
    /// <summary>The mean over what it was tried on.</summary>
    public double Mean => Units.Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Average();
}

/// <summary>
/// The rule of choice. The default is what the evidence recommends; another takes its place if it is better and its paired 90 % interval
/// lies above 0, or if it is cheaper and its interval lies above −1 point.
/// </summary>
/// <param name="inflation">What standard errors are multiplied by: above 1 for folds, whose training sets overlap (Nadeau and Bengio
/// 2003).</param>
internal sealed class Choice(double inflation)
{
    private const double Level = 0.90, Tolerated = -0.01;
    private const int Resamples = 500, FewestUnits = 4;

    /// <summary>The mean with its 90 % interval.</summary>
    public ScoreInterval Interval(double[] values)
    {
        double[] known = [.. values.Where(value => !double.IsNaN(value))];
        if (known.Length < 2)
            return new ScoreInterval(known.Length == 0 ? double.NaN : known[0], double.NegativeInfinity, double.PositiveInfinity);
        double half =
            inflation * SpecialFunctions.StudentQuantile(Level, known.Length - 1) * Math.Sqrt(Summary.Variance(known) / known.Length);
        return new ScoreInterval(known.Average(), known.Average() - half, known.Average() + half);
    }

    /// <summary>How much better a candidate is than another, on the units that both were tried on.</summary>
    public ScoreInterval Difference(Standing candidate, Standing other) => Interval([.. candidate.Units.Zip(other.Units, (a, b) => a - b)]);

    /// <summary>The winner.</summary>
    /// <param name="standings">All that were tried.</param>
    /// <param name="defaultName">What the evidence recommends.</param>
    public Standing Winner(IReadOnlyList<Standing> standings, string defaultName)
    {
        Standing best = standings.FirstOrDefault(standing => standing.Name == defaultName) ?? standings.MaxBy(standing => standing.Mean)!,
            first = best;
        foreach (Standing other in standings.OrderByDescending(standing => standing.Mean))
        {
            if (other.Name == first.Name || Difference(other, first) is not { Value: > 0, Low: > 0 }) continue;
            best = other;
            break;
        }

        // Cheaper ones may be a point worse at most; the interval has to say so.
        return standings
            .Where(other => other.Cost < best.Cost && Difference(other, best).Low > Tolerated)
            .OrderBy(other => other.Cost)
            .ThenByDescending(other => other.Mean)
            .FirstOrDefault()
            ?? best;
    }

    /// <summary>True where a candidate is clearly worse than another.</summary>
    public bool IsClearlyWorse(Standing candidate, Standing than) =>
        candidate.Units.Zip(than.Units).Count(pair => !double.IsNaN(pair.First) && !double.IsNaN(pair.Second)) >= FewestUnits
        && Difference(candidate, than).High < 0;

    /// <summary>
    /// The winner's score without its luck: bootstrap-corrected cross-validation (Tsamardinos et al. 2018). Units are drawn again and
    /// again; the choice is made on those drawn, and its winner judged on those that were not.
    /// </summary>
    public ScoreInterval Estimate(IReadOnlyList<Standing> standings, Standing winner, string defaultName, ulong seed)
    {
        int[] units = [.. Enumerable.Range(0, winner.Units.Length).Where(unit => !double.IsNaN(winner.Units[unit]))];
        Standing[] whole = [.. standings.Where(standing => units.All(unit => !double.IsNaN(standing.Units[unit])))];
        if (units.Length < FewestUnits)
            return Interval(winner.Units) is var few && double.IsFinite(few.Low) ? few : new ScoreInterval(winner.Mean, 0, 1);
        CounterRandom random = new(CounterRandom.Key(seed, 0xBBC));
        List<double> scores = [];
        for (int resample = 0; resample < Resamples; resample++)
        {
            int[] drawn = [.. units.Select(_ => units[random.NextInt(units.Length)])];
            int[] left = [.. units.Except(drawn)];
            if (left.Length == 0)
                continue;
            string chosen = Winner(
                [.. whole.Select(standing => standing with { Units = [.. drawn.Select(unit => standing.Units[unit])] })],
                defaultName
            ).Name;
            scores.Add(left.Average(unit => whole.First(standing => standing.Name == chosen).Units[unit]));
        }

        double[] sorted = [.. scores.Order()];
        return new ScoreInterval(sorted.Average(), sorted[(int)(0.05 * (sorted.Length - 1))], sorted[(int)(0.95 * (sorted.Length - 1))]);
    }
}
