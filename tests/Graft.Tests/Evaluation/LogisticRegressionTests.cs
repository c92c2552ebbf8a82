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
