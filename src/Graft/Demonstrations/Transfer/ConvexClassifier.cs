using System.Numerics.Tensors;
using Graft.Evaluation;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tasks.TokenClassification;

namespace Graft.Demonstrations.Transfer;

/// <summary>
/// Logistic regression on fixed vectors of texts or words, judged by the task's own metric. One optimum: nothing is drawn and nothing
/// depends on a learning rate; only the penalty is chosen.
/// </summary>
/// <param name="task">The task whose labels and metric count.</param>
/// <param name="width">Numbers in a vector.</param>
internal sealed class ConvexClassifier(FineTuningTask task, int width)
{
    private static readonly double[] s_penalties = [1e-1, 1e-2, 1e-3, 1e-4];
    private readonly Dictionary<string, int> _classes = task
        .Labels.Select((label, i) => (label, i))
        .ToDictionary(pair => pair.label, pair => pair.i, StringComparer.Ordinal);

    /// <summary>Data with its vectors, of which parts are taken.</summary>
    public sealed record Vectors(TaskData Data, float[] Rows)
    {
        /// <summary>The examples and vectors of some places.</summary>
        public Vectors Take(IReadOnlyList<int> examples, int width)
        {
            int[] first = new int[Data.Count + 1];
            for (int i = 0; i < Data.Count; i++) first[i + 1] = first[i] + ItemsOf(Data, i);
            List<float> rows = [];
            foreach (int example in examples)
                rows.AddRange(Rows.AsSpan(first[example] * width, (first[example + 1] - first[example]) * width));
            return new Vectors(Data.Take(examples), [.. rows]);
        }
    }

    /// <summary>The penalty that is best over the splits; the first of equals, which is the strongest.</summary>
    public double ChoosePenalty(IReadOnlyList<(Vectors Learned, Vectors Judged)> splits) =>
        s_penalties.MaxBy(penalty => splits.Average(split => Score(split.Learned, split.Judged, penalty)));

    /// <summary>The task's main metric of a classifier.</summary>
    public double Score(Vectors learned, Vectors judged, double penalty)
    {
        LogisticRegression classifier = LogisticRegression.Fit(learned.Rows, width, Truth(learned.Data), task.Labels.Count, penalty);
        double[][] probabilities =
        [
            .. Enumerable.Range(0, judged.Rows.Length / width).Select(item => classifier.Predict(judged.Rows.AsSpan(item * width, width))),
        ];
        return task.Measure(judged.Data, Predictions(judged.Data, probabilities))[0].Interval.Value;
    }

    private static int ItemsOf(TaskData data, int example) => data is TokenData sentences ? sentences.Sequences[example].Words.Count : 1;

    private int[] Truth(TaskData data) => data is TokenData sentences
        ? [.. sentences.Sequences.SelectMany(sentence => sentence.Tags).Select(tag => _classes[tag])]
        : [.. ((TextData)data).Rows.Select(row => _classes[row.Label!])];

    private IReadOnlyList<Prediction> Predictions(TaskData data, double[][] probabilities)
    {
        int[] best = [.. probabilities.Select(row => TensorPrimitives.IndexOfMax<double>(row))];
        if (data is not TokenData sentences)
            return
            [
                .. probabilities.Select(
                    (row, i) =>
                        new ClassPrediction(
                            task.Labels[best[i]],
                            best[i],
                            [.. row.Select(p => Math.Log(Math.Max(p, double.Epsilon)))],
                            row,
                            task.Labels
                        )
                ),
            ];
        int item = 0;
        return
        [
            .. sentences.Sequences.Select(sentence =>
            {
                Range words = item..(item += sentence.Words.Count);
                return new TagsPrediction(
                    sentence.Words,
                    [.. best[words].Select(tag => task.Labels[tag])],
                    [.. best[words].Zip(probabilities[words], (tag, row) => row[tag])],
                    "",
                    []
                );
            }),
        ];
    }
}
