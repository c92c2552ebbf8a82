using System.Numerics.Tensors;
using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;

namespace Graft.Tasks.QuestionAnswering;

/// <content>Raw scores → predictions.</content>
public sealed partial record QuestionAnswering
{
    /// <inheritdoc/>
    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores)
    {
        QuestionData questions = (QuestionData)data;
        List<AnswerCandidate>[] found = [.. questions.Questions.Select(_ => new List<AnswerCandidate>())];
        double[] nothing = new double[questions.Count];
        Array.Fill(nothing, double.PositiveInfinity);
        for (int f = 0; f < encoded.Features.Count; f++)
        {
            PassageFeature feature = (PassageFeature)encoded.Features[f];
            nothing[feature.Example] = Math.Min(nothing[feature.Example], scores[f].Row(0)[0] + scores[f].Row(0)[1]);
            AddCandidates(feature, scores[f], questions.Questions[feature.Example].Context, found[feature.Example]);
        }

        return [.. questions.Questions.Select((question, i) => Choose(question, found[i], nothing[i]))];
    }

    /// <inheritdoc/>
    public override Decisions Tune(TaskData data, IReadOnlyList<Prediction> predictions, bool tuneThreshold) =>
        NoAnswerThreshold is null || !((QuestionData)data).HasUnanswerable
            ? Decisions
            : Decisions with
            {
                NoAnswerThreshold = NoAnswerTuning.Best((QuestionData)data, predictions),
            };

    private static void AddCandidates(PassageFeature feature, FeatureScores scores, string context, List<AnswerCandidate> found)
    {
        int[] inText = [.. Enumerable.Range(0, feature.Ids.Length).Where(token => feature.Offsets[token].Length > 0)];
        int[] starts = [.. inText.OrderByDescending(token => scores.Row(token)[0]).Take(BestPositions)];
        int[] ends = [.. inText.OrderByDescending(token => scores.Row(token)[1]).Take(BestPositions)];
        foreach (int start in starts)
        {
            foreach (int end in ends)
            {
                if (end < start || end - start >= LongestAnswer) continue;
                (int from, int to) = (feature.Offsets[start].Start, feature.Offsets[end].End);
                found.Add(new AnswerCandidate(context[from..to], from, to, scores.Row(start)[0] + scores.Row(end)[1], 0));
            }
        }
    }

    /// <summary>
    /// The score without its last digits, which depend on the batch: answers that score alike, as repeated sentences do, rank by place.
    /// </summary>
    private static double Rank(AnswerCandidate candidate) => Math.Round(candidate.Score, 4);

    private AnswerPrediction Choose(Question question, List<AnswerCandidate> found, double nothing)
    {
        // The same words may come from two windows; the better reading counts.
        AnswerCandidate none = new("", 0, 0, nothing, 0);
        AnswerCandidate[] best =
        [
            .. found
                .GroupBy(candidate => (candidate.Start, candidate.End))
                .Select(same => same.MaxBy(candidate => candidate.Score)!)
                .OrderByDescending(Rank)
                .ThenBy(candidate => candidate.Start)
                .ThenBy(candidate => candidate.End)
                .Take(BestAnswers),
        ];
        if (NoAnswerThreshold is not null || best.Length == 0)
            best = [.. best.Append(none).OrderByDescending(Rank)];
        double[] probabilities = new double[best.Length];
        TensorPrimitives.SoftMax<double>([.. best.Select(candidate => candidate.Score)], probabilities);
        AnswerCandidate[] candidates = [.. best.Select((candidate, i) => candidate with { Probability = probabilities[i] })];
        AnswerCandidate answer = candidates.FirstOrDefault(candidate => candidate.Text.Length > 0) ?? candidates[0];
        double difference = nothing - answer.Score;
        if (NoAnswerThreshold is double threshold && difference > threshold)
            answer = candidates.First(candidate => candidate.Text.Length == 0);
        return new AnswerPrediction(question.Id, answer, difference, candidates);
    }
}
