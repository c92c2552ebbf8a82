using Graft.Evaluation;
using Graft.Tasks;

namespace Graft.Tests.Evaluation;

/// <summary>The properties that trusted labels and answers promise, on data that is drawn so that the truth is known.</summary>
public sealed class TrustTests
{
    [Fact]
    public void FlippedLabelsAreFoundAndTheSurestAreFlippedOnes()
    {
        const int classes = 4;
        CounterRandom random = new(7);
        int[] given = new int[2000];
        HashSet<int> flipped = [];
        double[][] probabilities = new double[given.Length][];
        for (int i = 0; i < given.Length; i++)
        {
            int truth = i % classes;
            double sure = 0.5 + (0.5 * random.NextDouble());
            int said = random.NextDouble() < sure ? truth : (truth + 1 + random.NextInt(classes - 1)) % classes; // calibrated
            probabilities[i] = [.. Enumerable.Range(0, classes).Select(c => c == said ? sure : (1 - sure) / (classes - 1))];
            given[i] = truth;
            if (random.NextDouble() >= 0.1) continue;
            given[i] = (truth + 1 + random.NextInt(classes - 1)) % classes;
            flipped.Add(i);
        }

        IReadOnlyList<SuspiciousLabel> found = SuspiciousLabels.Find(given, probabilities, classes);
        Assert.InRange(found.Count, flipped.Count / 2, 3 * flipped.Count);
        Assert.True(found.Zip(found.Skip(1)).All(pair => pair.First.Margin >= pair.Second.Margin), "not the surest first");
        int hits = found.Take(100).Count(label => flipped.Contains(label.Item));
        Assert.True(hits >= 50, $"{hits} of the first 100 are flipped");
        Assert.All(found, label => Assert.Equal(given[label.Item], label.Given));
    }

    [Fact]
    public void LabelsThatAModelAgreesWithAreNotSuspicious()
    {
        int[] given = [0, 1, 0, 1];
        double[][] probabilities = [.. given.Select(label => label == 0 ? new[] { 0.8, 0.2 } : [0.3, 0.7])];
        Assert.Empty(SuspiciousLabels.Find(given, probabilities, 2));
    }

    [Fact]
    public void TheAnsweredPartReachesTheAccuracyAskedForInNineOfTenDraws()
    {
        const int draws = 300, examples = 400;
        const double asked = 0.8;
        CounterRandom random = new(11);
        int kept = 0, given = 0;
        double coverage = 0;
        for (int draw = 0; draw < draws; draw++)
        {
            double[] confidences = new double[examples];
            bool[] right = new bool[examples];
            for (int i = 0; i < examples; i++)
            {
                confidences[i] = 0.5 + (0.5 * random.NextDouble());
                right[i] = random.NextDouble() < confidences[i]; // of those above t a share of (1 + t) / 2 is right
            }

            ConfidenceThreshold found = ConfidenceThreshold.Choose(confidences, right, asked, 0.9);
            if (found.Confidence is not double threshold) continue;
            given++;
            coverage += 2 * (1 - threshold);
            if ((1 + threshold) / 2 >= asked) kept++;
        }

        Assert.True(given > 0.8 * draws, $"a threshold in {given} of {draws} draws only");
        Assert.True(draws - given + kept >= 0.9 * draws, $"the promise is kept in {draws - given + kept} of {draws} draws");
        Assert.InRange(coverage / given, 0.4, 0.8); // 0.8 are as sure as that in truth
    }

    [Fact]
    public void WhereNoConfidenceIsCertainEveryAnswerIsUnsure()
    {
        Assert.Null(ConfidenceThreshold.Choose([], [], 0.9, 0.9).Confidence);
        Assert.Null(ConfidenceThreshold.Choose([0.9, 0.8, 0.7], [true, true, true], 0.9, 0.9).Confidence); // three are no evidence
        ConfidenceThreshold all = ConfidenceThreshold.Choose(
            [.. Enumerable.Repeat(0.9, 100)],
            [.. Enumerable.Repeat(true, 100)],
            0.9,
            0.9
        );
        Assert.Equal((0.9, 100), (all.Confidence, all.Answered)); // equally sure ones are answered together
    }

    [Fact]
    public void OneInTwentyTextsOfTheSameKindIsUnfamiliarAndAllOfAnotherKindAre()
    {
        const int width = 24;
        CounterRandom random = new(5);
        Familiarity shape = Familiarity.Fit(Vectors(300, 0), width);
        Familiarity known = shape.Calibrated(shape.Distances(Vectors(400, 0)))!;
        double alarms = Share(Vectors(4000, 0)), others = Share(Vectors(500, 4));
        Assert.InRange(alarms, 0.02, 0.09);
        Assert.True(others > 0.95, $"{others} of the other kind");
        Assert.Null(shape.Calibrated(shape.Distances(Vectors(18, 0)))); // too few to tell one in twenty

        double Share(float[] vectors) => known.Distances(vectors).Average(distance => distance > known.Threshold ? 1.0 : 0);

        float[] Vectors(int count, double shift) =>
            [
                .. Enumerable
                    .Range(0, count * width)
                    .Select(i => (float)((random.NextNormal() * (1 + (i % width % 3))) + (i % width % 2 == 0 ? shift : -shift))),
            ];
    }

    [Fact]
    public void TheDistanceIsMahalanobiss()
    {
        float[] vectors = [1, 0, -1, 0, 0, 2, 0, -2]; // covariance diag(0.5, 2), halfway to 1.25: diag(0.875, 1.625)
        double[] distances = Familiarity.Fit(vectors, 2).Distances([1, 0, 0, 1, 1, 1]);
        Assert.Equal([Math.Sqrt(1 / 0.875), Math.Sqrt(1 / 1.625), Math.Sqrt((1 / 0.875) + (1 / 1.625))], distances, (a, b) =>
            Math.Abs(a - b) < 1e-5
        );
    }

    [Fact]
    public void NearDuplicatesAreThePairsAboveTheThresholdOfTheData()
    {
        const int width = 64;
        CounterRandom random = new(3);
        float[][] rows = [.. Enumerable.Range(0, 200).Select(_ => Unit([.. Enumerable.Range(0, width).Select(_ => random.NextNormal())]))];
        rows[150] = Unit([.. rows[20].Select((value, i) => value + (i == 0 ? 0.05 : 0))]);
        float[] vectors = [.. rows.SelectMany(row => row)];
        double threshold = NearDuplicates.ThresholdOf(vectors, width, 1);
        Assert.InRange(threshold, 0.9, 0.995);
        NearDuplicate pair = Assert.Single(NearDuplicates.Find(vectors, width, threshold));
        Assert.Equal((20, 150), (pair.First, pair.Second));

        static float[] Unit(double[] values)
        {
            double length = Math.Sqrt(values.Sum(value => value * value));
            return [.. values.Select(value => (float)(value / length))];
        }
    }
}
