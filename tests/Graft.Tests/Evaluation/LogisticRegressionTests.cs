using Graft.Evaluation;

namespace Graft.Tests.Evaluation;

public sealed class LogisticRegressionTests
{
    [Fact]
    public void SeparatesThreeClouds()
    {
        (float[] features, int[] labels) = Clouds(seed: 1, count: 300);
        LogisticRegression model = LogisticRegression.Fit(features, 2, labels, 3);
        int right = labels.Where((label, i) => IndexOfMax(model.Predict(features.AsSpan(i * 2, 2))) == label).Count();
        Assert.InRange(right, 290, 300);
    }

    [Fact]
    public void TheGradientVanishesAtTheOptimum()
    {
        // With a penalty the optimum is unique: the bias of balanced classes is zero and both classes' weights are opposite.
        float[] features = [-1, -2, 1, 2];
        LogisticRegression model = LogisticRegression.Fit(features, 1, [0, 0, 1, 1], 2, l2: 1);
        double[] left = model.Predict([-1]), right = model.Predict([1]);
        Assert.Equal(left[0], right[1], 6);
        Assert.Equal(0.5, model.Predict([0])[0], 6);
        Assert.True(left[0] > 0.6);
    }

    [Fact]
    public void ConstantFeaturesAreHarmless()
    {
        LogisticRegression model = LogisticRegression.FitWithChosenPenalty([5, 0, 5, 1, 5, 0, 5, 1, 5, 0, 5, 1], 2, [0, 1, 0, 1, 0, 1], 2);
        Assert.True(model.Predict([5, 1])[1] > 0.5);
        Assert.All(model.Predict([5, 1]), probability => Assert.True(double.IsFinite(probability)));
    }

    /// <summary>Expected values: the same objective minimised by PyTorch's L-BFGS in double precision, tolerance 1e-12.</summary>
    [Theory]
    [InlineData(2, new[] { 0, 1, 0, 1, 1, 0, 1, 0 }, new[] { 1 - 0.5426212184123448, 0.5426212184123448 })]
    [InlineData(3, new[] { 0, 1, 2, 0, 1, 2, 0, 1 }, new[] { 0.4968799161248644, 0.16933319541929992, 0.3337868884558358 })]
    public void PlainVectorsAreClassifiedAsScikitLearnDoes(int classes, int[] labels, double[] expected)
    {
        float[] vectors = new float[24];
        for (int i = 0; i < 8; i++)
        {
            double[] row = [.. Enumerable.Range(0, 3).Select(j => ((((i * 7) + (j * 3)) % 11) / 10.0) - 0.4)];
            double length = Math.Sqrt(row.Sum(value => value * value));
            for (int j = 0; j < 3; j++) vectors[(i * 3) + j] = (float)(row[j] / length);
        }

        float[] scores = LogisticRegression.FitPlain(vectors, 3, labels, classes).Score([0.6f, 0, 0.8f])[0];
        double[] found = TemperatureScaling.Probabilities([.. scores.Select(score => (double)score)]);
        for (int c = 0; c < classes; c++) Assert.Equal(expected[c], found[c], 1e-4);
    }

    private static int IndexOfMax(double[] values) => Array.IndexOf(values, values.Max());

    private static (float[] Features, int[] Labels) Clouds(ulong seed, int count)
    {
        CounterRandom random = new(seed);
        float[] features = new float[count * 2];
        int[] labels = new int[count];
        for (int i = 0; i < count; i++)
        {
            labels[i] = i % 3;
            features[2 * i] = (float)((3 * Math.Cos(labels[i] * 2.1)) + (0.7 * random.NextNormal()));
            features[(2 * i) + 1] = (float)((3 * Math.Sin(labels[i] * 2.1)) + (0.7 * random.NextNormal()));
        }

        return (features, labels);
    }
}
