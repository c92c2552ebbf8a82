namespace Graft.Evaluation;

/// <summary>The scores of one question.</summary>
/// <param name="Id">The question.</param>
/// <param name="HasAnswer">False for an unanswerable question.</param>
/// <param name="Predicted">True when the prediction is not the empty string.</param>
/// <param name="ExactMatch">0 or 1.</param>
/// <param name="F1">0 … 1.</param>
internal sealed record QuestionScore(string Id, bool HasAnswer, bool Predicted, double ExactMatch, double F1);

/// <summary>The best threshold for no answer, and the percentage it reaches.</summary>
/// <param name="Value">0 … 100.</param>
/// <param name="Threshold">Questions with a no-answer probability above it are best left unanswered.</param>
internal sealed record NoAnswerThreshold(double Value, double Threshold);

/// <summary>
/// The official evaluation of SQuAD 2.0, where some questions have no answer: a prediction of nothing is then right. Questions without a
/// prediction are left out.
/// </summary>
internal sealed class SquadV2
{
    private readonly int _unanswerable;
    private readonly List<QuestionScore> _scores = [];

    /// <summary>Scores predictions by question id.</summary>
    /// <param name="golds">Id and accepted answers of each question, in file order; no answers for an unanswerable one.</param>
    /// <param name="predictions">The predicted answers by id; the empty string for none.</param>
    public SquadV2(IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> golds, IReadOnlyDictionary<string, string> predictions)
    {
        foreach ((string id, IReadOnlyList<string> answers) in golds)
        {
            if (answers.Count == 0) _unanswerable++;
            if (predictions.TryGetValue(id, out string? prediction)) _scores.Add(Score(id, answers, prediction));
        }
    }

    /// <summary>Each question's scores, in file order.</summary>
    public IReadOnlyList<QuestionScore> Questions => _scores;

    /// <summary>Over all questions.</summary>
    public SquadScores All => Mean(_scores);

    /// <summary>Over the questions that have an answer.</summary>
    public SquadScores HasAnswer => Mean(_scores.Where(score => score.HasAnswer));

    /// <summary>Over the questions that have none.</summary>
    public SquadScores NoAnswer => Mean(_scores.Where(score => !score.HasAnswer));

    /// <summary>The scores if nothing were answered where the no-answer probability is above a threshold.</summary>
    public SquadScores AtThreshold(IReadOnlyDictionary<string, double> noAnswerProbabilities, double threshold) =>
        Mean(
            _scores.Select(score =>
            {
                if (noAnswerProbabilities[score.Id] <= threshold)
                    return score;
                double asEmpty = score.HasAnswer ? 0 : 1;
                return score with { ExactMatch = asEmpty, F1 = asEmpty };
            })
        );

    /// <summary>The threshold with the best exact match.</summary>
    public NoAnswerThreshold BestExactMatch(IEnumerable<KeyValuePair<string, double>> noAnswerProbabilities) =>
        Best(noAnswerProbabilities, score => score.ExactMatch);

    /// <summary>The threshold with the best F1.</summary>
    public NoAnswerThreshold BestF1(IEnumerable<KeyValuePair<string, double>> noAnswerProbabilities) =>
        Best(noAnswerProbabilities, score => score.F1);

    /// <summary>The scores of one question.</summary>
    /// <param name="id">The question.</param>
    /// <param name="answers">The accepted answers; none for an unanswerable question.</param>
    /// <param name="prediction">The predicted answer; empty for none.</param>
    public static QuestionScore Score(string id, IReadOnlyList<string> answers, string prediction)
    {
        string[] golds = answers.Where(answer => AnswerText.Normalize(answer).Length > 0).DefaultIfEmpty("").ToArray();
        return new QuestionScore(
            id,
            answers.Count > 0,
            prediction.Length > 0,
            SquadV1.BestExactMatch(prediction, golds),
            golds.Max(gold => AnswerText.F1(prediction, gold, emptyMatches: true)));
    }

    /// <summary>
    /// Starts with everything unanswered and, by rising no-answer probability, answers one question after another; keeps the first best
    /// point.
    /// </summary>
    private NoAnswerThreshold Best(IEnumerable<KeyValuePair<string, double>> noAnswerProbabilities, Func<QuestionScore, double> metric)
    {
        Dictionary<string, QuestionScore> byId = _scores.ToDictionary(score => score.Id, StringComparer.Ordinal);
        double current = _unanswerable, best = current, threshold = 0;
        foreach ((string id, double probability) in noAnswerProbabilities.OrderBy(pair => pair.Value))
        {
            if (!byId.TryGetValue(id, out QuestionScore? score)) continue;
            current += score.HasAnswer ? metric(score) : score.Predicted ? -1 : 0;
            if (current <= best) continue;
            (best, threshold) = (current, probability);
        }

        return new NoAnswerThreshold(100.0 * best / _scores.Count, threshold);
    }

    private static SquadScores Mean(IEnumerable<QuestionScore> scores)
    {
        double exact = 0, f1 = 0;
        int total = 0;
        foreach (QuestionScore score in scores)
        {
            exact += score.ExactMatch;
            f1 += score.F1;
            total++;
        }

        return new SquadScores(100.0 * exact / total, 100.0 * f1 / total, total);
    }
}
