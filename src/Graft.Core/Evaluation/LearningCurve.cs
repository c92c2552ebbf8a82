namespace Graft.Evaluation;

/// <summary>
/// The error as a function of the number of labels, error(n) = floor + scale · n^(−rate): the power law that learning curves follow over
/// wide ranges (Hestness et al. 2017). Answers "would more labels help?".
/// </summary>
/// <param name="Floor">The error that more labels would not remove; at least 0.</param>
/// <param name="Scale">The height of the curve.</param>
/// <param name="Rate">How fast it falls; 0.5 is usual.</param>
public sealed record LearningCurve(double Floor, double Scale, double Rate)
{
    private const double SlowestRate = 0.02;
    private const double FastestRate = 2;
    private const int Rates = 400;

    /// <summary>The expected error with <paramref name="labels"/> labels.</summary>
    public double ErrorAt(double labels) => Floor + (Scale * Math.Pow(labels, -Rate));

    /// <summary>The fall of the error if the labels were doubled from <paramref name="labels"/>.</summary>
    public double GainOfDoubling(double labels) => ErrorAt(labels) - ErrorAt(2 * labels);

    /// <summary>The least-squares curve through measured errors: the best rate of a grid, floor and scale in closed form.</summary>
    /// <param name="labels">The numbers of labels, at least three different ones.</param>
    /// <param name="errors">The errors measured with them, 1 − score.</param>
    /// <exception cref="ArgumentException">Fewer than three different numbers of labels.</exception>
    public static LearningCurve Fit(IReadOnlyList<double> labels, IReadOnlyList<double> errors)
    {
        if (labels.Distinct().Count() < 3)
            throw new ArgumentException("A learning curve needs at least three different numbers of labels.", nameof(labels));
        return Enumerable
            .Range(0, Rates)
            .Select(i => SlowestRate * Math.Pow(FastestRate / SlowestRate, i / (Rates - 1.0)))
            .Select(rate => Line(labels, errors, rate))
            .MinBy(curve => labels.Zip(errors, (n, error) => Math.Pow(curve.ErrorAt(n) - error, 2)).Sum())!;
    }

    private static LearningCurve Line(IReadOnlyList<double> labels, IReadOnlyList<double> errors, double rate)
    {
        double[] x = labels.Select(n => Math.Pow(n, -rate)).ToArray();
        double meanX = x.Average(), meanY = errors.Average();
        double scale = x.Zip(errors, (a, b) => (a - meanX) * (b - meanY)).Sum() / x.Sum(a => (a - meanX) * (a - meanX));
        double floor = meanY - (scale * meanX);
        if (floor >= 0 && scale >= 0) return new LearningCurve(floor, scale, rate);

        // A negative floor or a rising curve cannot be meant: the best curve then lies on the border.
        return scale < 0
            ? new LearningCurve(meanY, 0, rate)
            : new LearningCurve(0, x.Zip(errors, (a, b) => a * b).Sum() / x.Sum(a => a * a), rate);
    }
}
