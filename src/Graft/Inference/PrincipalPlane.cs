namespace Graft.Inference;

/// <summary>
/// A few vectors seen from where they differ most: their places along the two largest principal components, found as eigenvectors of the
/// small matrix of inner products (n × n, not D × D) by repeated multiplication.
/// </summary>
internal static class PrincipalPlane
{
    private const int Rounds = 500;

    /// <summary>One point a vector; the axes' signs are such that the first vector is not to the left or below.</summary>
    public static (double X, double Y)[] Of(IReadOnlyList<float[]> vectors)
    {
        double[,] gram = CenteredProducts(vectors);
        double[] x = Component(gram), y = Component(gram);
        return [.. x.Zip(y)];
    }

    /// <summary>Coordinates along the largest component, which is then taken out of the matrix.</summary>
    private static double[] Component(double[,] gram)
    {
        int count = gram.GetLength(0);
        double[] direction = [.. Enumerable.Range(0, count).Select(i => 1.0 + (0.1 * i))];
        double size = 0;
        for (int round = 0; round < Rounds; round++)
        {
            double[] next = [.. Enumerable.Range(0, count).Select(i => Enumerable.Range(0, count).Sum(j => gram[i, j] * direction[j]))];
            size = Math.Sqrt(next.Sum(value => value * value));
            if (size < 1e-12) return new double[count];
            direction = [.. next.Select(value => value / size)];
        }

        if (direction[0] < 0) direction = [.. direction.Select(value => -value)];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++) gram[i, j] -= size * direction[i] * direction[j];
        }

        return [.. direction.Select(value => value * Math.Sqrt(size))];
    }

    private static double[,] CenteredProducts(IReadOnlyList<float[]> vectors)
    {
        int count = vectors.Count, width = vectors[0].Length;
        double[] mean = [.. Enumerable.Range(0, width).Select(i => vectors.Average(vector => (double)vector[i]))];
        double[,] products = new double[count, count];
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < count; j++)
            {
                for (int k = 0; k < width; k++) products[i, j] += (vectors[i][k] - mean[k]) * (vectors[j][k] - mean[k]);
            }
        }

        return products;
    }
}
