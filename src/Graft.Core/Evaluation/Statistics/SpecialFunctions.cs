namespace Graft.Evaluation;

/// <summary>Functions behind p-values and intervals, accurate to about 13 digits.</summary>
internal static class SpecialFunctions
{
    private const double Tiny = 1e-300;
    private const double Precision = 1e-16;
    private const int MaxIterations = 100_000;

    // Lanczos' approximation with g = 7.
    private static readonly double[] s_lanczos =
    [
        0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
        -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
    ];

    /// <summary>ln Γ(x) for x &gt; 0.</summary>
    public static double LogGamma(double x)
    {
        if (x < 0.5) return Math.Log(Math.PI / Math.Sin(Math.PI * x)) - LogGamma(1 - x);
        x -= 1;
        double sum = s_lanczos[0];
        for (int i = 1; i < s_lanczos.Length; i++) sum += s_lanczos[i] / (x + i);
        double t = x + 7.5;
        return (0.5 * Math.Log(2 * Math.PI)) + ((x + 0.5) * Math.Log(t)) - t + Math.Log(sum);
    }

    /// <summary>The regularised incomplete beta function I_x(a, b), by its continued fraction (Lentz's method).</summary>
    public static double IncompleteBeta(double a, double b, double x)
    {
        if (x <= 0) return 0;
        if (x >= 1) return 1;
        if (x > (a + 1) / (a + b + 2)) return 1 - IncompleteBeta(b, a, 1 - x);
        double front = Math.Exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + (a * Math.Log(x)) + (b * Math.Log(1 - x))) / a;
        double fraction = 1, c = 1, d = 0;
        for (int i = 0; i < MaxIterations; i++)
        {
            int m = i / 2;
            double numerator = i == 0 ? 1
                : i % 2 == 0 ? m * (b - m) * x / ((a + (2 * m) - 1) * (a + (2 * m)))
                : -(a + m) * (a + b + m) * x / ((a + (2 * m)) * (a + (2 * m) + 1));
            d = 1 / NotZero(1 + (numerator * d));
            c = NotZero(1 + (numerator / c));
            double step = c * d;
            fraction *= step;
            if (Math.Abs(step - 1) < Precision) break;
        }

        return front * (fraction - 1);
    }

    /// <summary>The x with I_x(a, b) = p, by bisection to the last bit.</summary>
    public static double InverseIncompleteBeta(double a, double b, double p) => Bisect(0, 1, x => IncompleteBeta(a, b, x) < p);

    /// <summary>P(X &gt; x) for χ² with one degree of freedom: erfc(√(x/2)).</summary>
    public static double ChiSquareTail(double x) => x <= 0 ? 1 : 2 * NormalTail(Math.Sqrt(x));

    /// <summary>P(Z &gt; z) of the standard normal distribution, z ≥ 0.</summary>
    public static double NormalTail(double z)
    {
        if (z < 3)
        {
            // Φ(z) − ½ = φ(z) · (z + z³/3 + z⁵/15 + …)
            double term = z, sum = z;
            for (int n = 1; Math.Abs(term) > Precision * Math.Abs(sum); n++)
            {
                term *= z * z / ((2 * n) + 1);
                sum += term;
            }

            return 0.5 - (Density(z) * sum);
        }

        double fraction = z;
        for (int n = 200; n > 0; n--) fraction = z + (n / fraction);
        return Density(z) / fraction;
    }

    /// <summary>The z with P(Z ≤ z) = p, for p ≥ ½.</summary>
    public static double NormalQuantile(double p) => Bisect(0, 40, z => NormalTail(z) > 1 - p);

    /// <summary>P(|T| &gt; |t|) of Student's distribution.</summary>
    public static double StudentTwoSided(double t, double degreesOfFreedom) =>
        IncompleteBeta(degreesOfFreedom / 2, 0.5, degreesOfFreedom / (degreesOfFreedom + (t * t)));

    /// <summary>The t with P(|T| ≤ t) = level.</summary>
    public static double StudentQuantile(double level, double degreesOfFreedom)
    {
        double x = InverseIncompleteBeta(degreesOfFreedom / 2, 0.5, 1 - level);
        return Math.Sqrt(degreesOfFreedom * (1 - x) / x);
    }

    private static double Density(double z) => Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);

    private static double NotZero(double value) => Math.Abs(value) < Tiny ? Tiny : value;

    /// <summary>The point where <paramref name="below"/> turns from true to false.</summary>
    private static double Bisect(double low, double high, Func<double, bool> below)
    {
        while (true)
        {
            double middle = low + ((high - low) / 2);
            if (middle <= low || middle >= high) return middle;
            if (below(middle)) low = middle;
            else high = middle;
        }
    }
}
