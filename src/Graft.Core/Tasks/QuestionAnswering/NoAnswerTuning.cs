using Graft.Evaluation;

namespace Graft.Tasks.QuestionAnswering;

/// <summary>
/// Chooses on development data how much better "no answer" must score than the best answer to be given, by the F1 of the official script
/// of SQuAD 2.0.
/// </summary>
internal static class NoAnswerTuning
{
    /// <summary>The threshold on the difference of scores (Devlin et al. 2019, §4.3).</summary>
    public static double Best(QuestionData data, IReadOnlyList<Prediction> predictions)
    {
        AnswerPrediction[] answers = [.. predictions.Cast<AnswerPrediction>()];
        KeyValuePair<string, IReadOnlyList<string>>[] golds =
        [
            .. data.Questions.Select(question =>
                KeyValuePair.Create(question.Id, (IReadOnlyList<string>)[.. question.Answers.Select(answer => answer.Text)])
            ),
        ];
        Dictionary<string, string> texts = answers.ToDictionary(
            answer => answer.Id,
            answer => answer.BestAnswer?.Text ?? "",
            StringComparer.Ordinal
        );

        // The script expects probabilities from 0 on; ranks are in the same order, and 0 is left for "answer nothing".
        double[] sorted = [.. answers.Select(answer => answer.NullDifference).Distinct().Order()];
        IEnumerable<KeyValuePair<string, double>> ranks = answers.Select(answer =>
            KeyValuePair.Create(answer.Id, Array.BinarySearch(sorted, answer.NullDifference) + 1.0)
        );
        int best = (int)new SquadV2(golds, texts).BestF1(ranks).Threshold;
        return best == 0 ? sorted[0] - 1 : sorted[best - 1];
    }
}
