using System.Runtime.InteropServices;

namespace Graft.Evaluation;

/// <summary>
/// McNemar's test (1947): do two systems, asked the same questions, differ in how many they get right? Only the questions that one alone
/// got right matter.
/// </summary>
/// <param name="ExactP">Two-sided, from the binomial distribution.</param>
/// <param name="MidP">The same with half the weight on the observed outcome: less conservative.</param>
/// <param name="ChiSquare">With continuity correction.</param>
/// <param name="ChiSquareP">The p-value; an approximation for many disagreements.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct McNemar(double ExactP, double MidP, double ChiSquare, double ChiSquareP)
{
    /// <summary>From the two counts of disagreement.</summary>
    public static McNemar Test(long onlyFirstRight, long onlySecondRight)
    {
        long n = onlyFirstRight + onlySecondRight, fewer = Math.Min(onlyFirstRight, onlySecondRight);
        if (n == 0) return new McNemar(1, 1, 0, 1);
        double atFewer = Binomial(n, fewer);
        double twoSided = 2 * Enumerable.Range(0, (int)fewer + 1).Sum(k => Binomial(n, k));
        double corrected = Math.Max(Math.Abs(onlyFirstRight - onlySecondRight) - 1.0, 0);
        double chiSquare = corrected * corrected / n;
        return new McNemar(
            Math.Min(1, twoSided),
            onlyFirstRight == onlySecondRight ? 1 - (atFewer / 2) : twoSided - atFewer,
            chiSquare,
            SpecialFunctions.ChiSquareTail(chiSquare));
    }

    /// <summary>From which questions each got right.</summary>
    public static McNemar Test(ReadOnlySpan<bool> firstRight, ReadOnlySpan<bool> secondRight)
    {
        long first = 0, second = 0;
        for (int i = 0; i < firstRight.Length; i++)
        {
            first += firstRight[i] && !secondRight[i] ? 1 : 0;
            second += secondRight[i] && !firstRight[i] ? 1 : 0;
        }

        return Test(first, second);
    }

    /// <summary>P(X = k) for n tosses of a fair coin.</summary>
    private static double Binomial(long n, long k) => Math.Exp(
        SpecialFunctions.LogGamma(n + 1) - SpecialFunctions.LogGamma(k + 1) - SpecialFunctions.LogGamma(n - k + 1) - (n * Math.Log(2)));
}
