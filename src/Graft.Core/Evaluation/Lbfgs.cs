using System.Numerics.Tensors;

namespace Graft.Evaluation;

/// <summary>
/// Limited-memory BFGS (Nocedal and Wright 2006, algorithm 7.5) with a backtracking line search, for smooth convex functions.
/// </summary>
internal static class Lbfgs
{
    private const int Memory = 10;

    /// <summary>A function's value at a point; writes its gradient.</summary>
    public delegate double Objective(ReadOnlySpan<double> point, Span<double> gradient);

    /// <summary>Walks from <paramref name="point"/> to the minimum.</summary>
    /// <param name="objective">Value and gradient.</param>
    /// <param name="point">Where to start; overwritten.</param>
    /// <param name="iterations">At most so many steps.</param>
    /// <param name="tolerance">Ends when no element of the gradient is larger.</param>
    /// <returns>The minimum.</returns>
    public static double[] Minimize(Objective objective, double[] point, int iterations = 200, double tolerance = 1e-5)
    {
        double[] gradient = new double[point.Length];
        double value = objective(point, gradient);
        Queue<(double[] Step, double[] Change)> history = new();
        for (int i = 0; i < iterations && Math.Abs(TensorPrimitives.MaxMagnitude<double>(gradient)) > tolerance; i++)
        {
            double[] direction = Direction(gradient, history);
            double slope = TensorPrimitives.Dot<double>(direction, gradient);
            (double[] next, double[] nextGradient, double nextValue) = Search(objective, point, direction, value, slope);
            if (nextValue >= value) break; // rounding: no further descent to be had

            double[] step = new double[point.Length], change = new double[point.Length];
            TensorPrimitives.Subtract<double>(next, point, step);
            TensorPrimitives.Subtract<double>(nextGradient, gradient, change);
            if (TensorPrimitives.Dot<double>(step, change) > 1e-12) history.Enqueue((step, change));
            if (history.Count > Memory) history.Dequeue();
            (point, gradient, value) = (next, nextGradient, nextValue);
        }

        return point;
    }

    /// <summary>Halves the step until the value falls by a share of what the slope promises (Armijo).</summary>
    private static (double[] Point, double[] Gradient, double Value) Search(
        Objective objective,
        double[] point,
        double[] direction,
        double value,
        double slope
    )
    {
        double[] next = new double[point.Length], gradient = new double[point.Length];
        double length = 1, nextValue = value;
        for (int halving = 0; halving < 40; halving++, length /= 2)
        {
            TensorPrimitives.MultiplyAdd<double>(direction, length, point, next);
            nextValue = objective(next, gradient);
            if (nextValue <= value + (1e-4 * length * slope)) break;
        }

        return (next, gradient, nextValue);
    }

    /// <summary>The two-loop recursion: −(approximate inverse Hessian)·gradient.</summary>
    private static double[] Direction(double[] gradient, Queue<(double[] Step, double[] Change)> history)
    {
        double[] direction = new double[gradient.Length];
        TensorPrimitives.Negate<double>(gradient, direction);
        (double[] Step, double[] Change)[] pairs = [.. history];
        double[] alphas = new double[pairs.Length];
        for (int i = pairs.Length - 1; i >= 0; i--)
        {
            alphas[i] =
                TensorPrimitives.Dot<double>(pairs[i].Step, direction) / TensorPrimitives.Dot<double>(pairs[i].Step, pairs[i].Change);
            TensorPrimitives.MultiplyAdd<double>(pairs[i].Change, -alphas[i], direction, direction);
        }

        if (pairs.Length > 0)
        {
            (double[] step, double[] change) = pairs[^1];
            TensorPrimitives.Multiply<double>(
                direction,
                TensorPrimitives.Dot<double>(step, change) / TensorPrimitives.SumOfSquares<double>(change),
                direction
            );
        }

        for (int i = 0; i < pairs.Length; i++)
        {
            double beta =
                TensorPrimitives.Dot<double>(pairs[i].Change, direction) / TensorPrimitives.Dot<double>(pairs[i].Step, pairs[i].Change);
            TensorPrimitives.MultiplyAdd<double>(pairs[i].Step, alphas[i] - beta, direction, direction);
        }

        return direction;
    }
}
