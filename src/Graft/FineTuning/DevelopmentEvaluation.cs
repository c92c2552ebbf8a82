using Graft.Training;

namespace Graft.Tasks;

/// <summary>Evaluates on development data while the model trains.</summary>
internal sealed class DevelopmentEvaluation(FineTuningTask task, TaskData data, EncodedData encoded, TaskScorer scorer)
    : IDevelopmentEvaluation
{
    public string Metric => task.MainMetricOn(data);

    public bool LargerIsBetter => task.LargerIsBetter;

    public IReadOnlyDictionary<string, double> Evaluate()
    {
        FeatureScores[] scores = scorer.Score(encoded.Features);
        IReadOnlyList<Prediction> predictions = task.Decode(data, encoded, scores);
        return TaskMetrics
            .Measure(task, data, predictions)
            .ToDictionary(score => score.Name, score => score.Interval.Value, StringComparer.Ordinal);
    }
}
