using Graft.Data;
using Graft.Evaluation;

namespace Graft.Tasks.QuestionAnswering;

/// <content>What predictions are measured by.</content>
public sealed partial record QuestionAnswering
{
    /// <inheritdoc/>
    public override string MainMetric => "f1";

    /// <inheritdoc/>
    public override double CreditOf(TaskData data, int example, Prediction prediction)
    {
        Question question = ((QuestionData)data).Questions[example];
        return SquadV2.Score(question.Id, [.. question.Answers.Select(answer => answer.Text)], prediction.Answer).F1;
    }

    /// <inheritdoc/>
    public override string SliceName => "question word";

    /// <inheritdoc/>
    public override string? SliceLabelOf(TaskData data, int example)
    {
        Question question = ((QuestionData)data).Questions[example];
        string word = question.Text.ToLowerInvariant().Split(' ').FirstOrDefault(s_questionWords.Contains, "other");
        return question.IsImpossible ? word + ", no answer" : word;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions) =>
        ScoreSet.Questions(Scores(data, predictions));

    /// <summary>Exact match and F1 of each question, as the official scripts count them.</summary>
    internal static IReadOnlyList<QuestionScore> Scores(TaskData data, IReadOnlyList<Prediction> predictions) =>
        [
            .. ((QuestionData)data).Questions.Zip(predictions, (question, prediction) =>
                SquadV2.Score(question.Id, [.. question.Answers.Select(answer => answer.Text)], prediction.Answer)
            ),
        ];

    /// <inheritdoc/>
    public override string TruthOf(TaskData data, int example) =>
        ((QuestionData)data).Questions[example].Answers is [Answer first, ..] ? first.Text : "";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation) =>
        new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["first_sentence"] = ((QuestionData)evaluation).Questions.Average(question =>
                SquadV2.Score(question.Id, [.. question.Answers.Select(answer => answer.Text)], FirstSentence(question.Context)).F1
            ),
        };

    private static string FirstSentence(string context)
    {
        int end = context.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? context : context[..end];
    }
}
