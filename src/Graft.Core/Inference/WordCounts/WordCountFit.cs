using Graft.Evaluation;
using Graft.Tasks;

namespace Graft.Inference.WordCounts;

/// <summary>Fits models of word counts on features that all have a class, labels or a number.</summary>
internal static class WordCountFit
{
    private const long MostWeights = 2_000_000;
    private const double Clearly = 0.98;
    private const int ManyTexts = 2_000;
    private static readonly double[] s_inverses = [1, 10, 100];

    /// <summary>Fits a model.</summary>
    /// <param name="features">The texts.</param>
    /// <param name="outputs">Scores of a text: classes, labels, or 1.</param>
    /// <param name="kind">Naive Bayes is for classes.</param>
    public static WordCountModel Fit(IReadOnlyList<Feature> features, int outputs, WordCountKind kind)
    {
        Dictionary<Gram, int>[] counts = [.. features.Select(WordCountModel.Count)];
        if (kind == WordCountKind.NaiveBayes) return NaiveBayes(features, counts, outputs);
        double c = ChooseC(features, counts, outputs);
        return Linear(features, counts, outputs, c);
    }

    private static WordCountModel NaiveBayes(IReadOnlyList<Feature> features, Dictionary<Gram, int>[] counts, int classes)
    {
        Gram[] grams = [.. counts.SelectMany(own => own.Keys).Distinct()];
        Dictionary<Gram, int> places = PlacesOf(grams);
        double[] ofClass = new double[classes], texts = new double[classes];
        float[] weight = new float[grams.Length * classes];
        for (int i = 0; i < counts.Length; i++)
        {
            int own = ((ClassTarget)features[i].Target!).Class;
            texts[own]++;
            foreach ((Gram gram, int count) in counts[i])
            {
                weight[(places[gram] * classes) + own] += count;
                ofClass[own] += count;
            }
        }

        for (int i = 0; i < weight.Length; i++)
            weight[i] = (float)(Math.Log(weight[i] + 1) - Math.Log(ofClass[i % classes] + grams.Length));
        float[] bias = [.. texts.Select(count => (float)Math.Log((count + 1) / (counts.Length + classes)))];
        return new WordCountModel(grams, weight, bias, idf: null);
    }

    /// <summary>The inverse penalty by the loss on held-out texts: three folds of few texts, one of many.</summary>
    private static double ChooseC(IReadOnlyList<Feature> features, Dictionary<Gram, int>[] counts, int outputs)
    {
        const int folds = 3;
        double best = double.PositiveInfinity, chosen = s_inverses[0];
        if (features.Count < folds) return chosen;
        foreach (double c in s_inverses)
        {
            double loss = 0;
            for (int held = 0; held < (features.Count > ManyTexts ? 1 : folds); held++)
            {
                int[] inside = [.. Enumerable.Range(0, counts.Length).Where(i => i % folds != held)];
                WordCountModel model = Linear([.. inside.Select(i => features[i])], [.. inside.Select(i => counts[i])], outputs, c);
                for (int i = held; i < counts.Length; i += folds)
                    loss += Loss(features[i].Target!, model.Score(features[i]), new double[outputs]);
            }

            if (loss < Clearly * best) (best, chosen) = (loss, c);
        }

        return chosen;
    }

    private static WordCountModel Linear(IReadOnlyList<Feature> features, Dictionary<Gram, int>[] counts, int outputs, double c)
    {
        Gram[] grams = Vocabulary(counts, outputs, out float[] idf);
        Dictionary<Gram, int> places = PlacesOf(grams);
        (int[] Places, float[] Values)[] rows = [.. counts.Select(own => WordCountModel.Row(own, places, idf))];
        double l2 = (features[0].Target is ClassTarget && outputs == 2 ? 2 : 1) / (c * rows.Length);
        (double mean, double scale) = Standardization(features);
        double[] start = new double[(grams.Length + 1) * outputs],
            scores = new double[outputs],
            errors = new double[outputs];
        double[] found = Lbfgs.Minimize(
            (point, gradient) => Objective(point, gradient, features, rows, l2, mean, scale, scores, errors),
            start,
            iterations: 100,
            tolerance: 1e-5
        );
        float[] weight = [.. found.Take(grams.Length * outputs).Select(value => (float)(value * scale))];
        float[] bias = [.. found.Skip(grams.Length * outputs).Select(value => (float)((value * scale) + mean))];
        return new WordCountModel(grams, weight, bias, idf);
    }

    /// <summary>Mean loss and penalty with their gradient; the last row of the point is the bias, which has no penalty.</summary>
    private static double Objective(
        ReadOnlySpan<double> point,
        Span<double> gradient,
        IReadOnlyList<Feature> features,
        (int[] Places, float[] Values)[] rows,
        double l2,
        double mean,
        double scale,
        double[] scores,
        double[] errors
    )
    {
        int outputs = scores.Length, biasAt = point.Length - outputs;
        double loss = 0, penalty = 0;
        for (int i = 0; i < biasAt; i++)
        {
            gradient[i] = l2 * point[i];
            penalty += point[i] * point[i];
        }

        gradient[biasAt..].Clear();
        for (int text = 0; text < rows.Length; text++)
        {
            (int[] places, float[] values) = rows[text];
            point[biasAt..].CopyTo(scores);
            for (int i = 0; i < places.Length; i++)
            {
                for (int output = 0; output < outputs; output++) scores[output] += values[i] * point[(places[i] * outputs) + output];
            }

            FeatureTarget target = features[text].Target is NumberTarget number
                ? new NumberTarget((float)((number.Value - mean) / scale))
                : features[text].Target!;
            loss += Loss(target, scores, errors);
            for (int output = 0; output < outputs; output++) gradient[biasAt + output] += errors[output] / rows.Length;
            for (int i = 0; i < places.Length; i++)
            {
                for (int output = 0; output < outputs; output++)
                    gradient[(places[i] * outputs) + output] += values[i] * errors[output] / rows.Length;
            }
        }

        return (loss / rows.Length) + (l2 / 2 * penalty);
    }

    private static double Loss(FeatureTarget target, float[] scores, double[] errors) =>
        Loss(target, [.. scores.Select(score => (double)score)], errors);

    /// <summary>The loss of a text's scores, and its derivatives by the scores.</summary>
    private static double Loss(FeatureTarget target, double[] scores, double[] errors)
    {
        switch (target)
        {
            case ClassTarget one:
                double[] probabilities = TemperatureScaling.Probabilities(scores);
                for (int c = 0; c < scores.Length; c++) errors[c] = probabilities[c] - (c == one.Class ? 1 : 0);
                return -Math.Log(Math.Max(probabilities[one.Class], double.Epsilon));
            case LabelsTarget several:
                double sum = 0;
                for (int c = 0; c < scores.Length; c++)
                {
                    errors[c] = (1 / (1 + Math.Exp(-scores[c]))) - several.Flags[c];
                    sum += Math.Max(scores[c], 0) - (scores[c] * several.Flags[c]) + Math.Log(1 + Math.Exp(-Math.Abs(scores[c])));
                }

                return sum;
            default:
                errors[0] = scores[0] - ((NumberTarget)target).Value;
                return errors[0] * errors[0] / 2;
        }
    }

    private static (double Mean, double Scale) Standardization(IReadOnlyList<Feature> features)
    {
        if (features[0].Target is not NumberTarget) return (0, 1);
        double[] values = [.. features.Select(feature => (double)((NumberTarget)feature.Target!).Value)];
        double mean = values.Average(), deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
        return (mean, deviation > 0 ? deviation : 1);
    }

    /// <summary>The grams that count: all, or the most frequent where the weights would be too many.</summary>
    private static Gram[] Vocabulary(Dictionary<Gram, int>[] counts, int outputs, out float[] idf)
    {
        Dictionary<Gram, int> texts = [];
        foreach (Gram gram in counts.SelectMany(own => own.Keys)) texts[gram] = texts.GetValueOrDefault(gram) + 1;
        int most = (int)Math.Max(1_000, MostWeights / outputs);
        Gram[] grams =
        [
            .. (texts.Count <= most ? texts : texts.OrderByDescending(entry => entry.Value).Take(most)).Select(entry => entry.Key),
        ];
        idf = [.. grams.Select(gram => (float)(Math.Log((1.0 + counts.Length) / (1 + texts[gram])) + 1))];
        return grams;
    }

    private static Dictionary<Gram, int> PlacesOf(Gram[] grams)
    {
        Dictionary<Gram, int> places = new(grams.Length);
        for (int i = 0; i < grams.Length; i++) places[grams[i]] = i;
        return places;
    }
}
