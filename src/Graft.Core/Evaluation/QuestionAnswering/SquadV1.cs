using System.Runtime.InteropServices;

namespace Graft.Evaluation;

/// <summary>Exact match and F1 over questions, in percent as the official scripts print them.</summary>
/// <param name="ExactMatch">0 … 100.</param>
/// <param name="F1">0 … 100.</param>
/// <param name="Total">The number of questions scored.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SquadScores(double ExactMatch, double F1, int Total);

/// <summary>The official evaluation of SQuAD 1.1: every question has an answer, a missing prediction counts 0.</summary>
internal static class SquadV1
{
    /// <summary>Scores predictions by question id.</summary>
    /// <param name="golds">Id and accepted answers of each question, in file order.</param>
    /// <param name="predictions">The predicted answers by id.</param>
    public static SquadScores Score(
        IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> golds,
        IReadOnlyDictionary<string, string> predictions
    )
    {
        double exact = 0, f1 = 0;
        int total = 0;
        foreach ((string id, IReadOnlyList<string> answers) in golds)
        {
            total++;
            if (!predictions.TryGetValue(id, out string? prediction)) continue;
            exact += BestExactMatch(prediction, answers);
            f1 += BestF1(prediction, answers);
        }

        return new SquadScores(100.0 * exact / total, 100.0 * f1 / total, total);
    }

    /// <summary>1 when the prediction equals one of the answers, else 0.</summary>
    public static double BestExactMatch(string prediction, IReadOnlyList<string> answers) =>
        answers.Any(answer => AnswerText.ExactMatch(prediction, answer)) ? 1 : 0;

    /// <summary>The largest F1 over the answers.</summary>
    public static double BestF1(string prediction, IReadOnlyList<string> answers) =>
        answers.Select(answer => AnswerText.F1(prediction, answer, emptyMatches: false)).DefaultIfEmpty(0).Max();
}
