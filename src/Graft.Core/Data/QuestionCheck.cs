using System.Globalization;

namespace Graft.Data;

/// <summary>Checks each question of a file and places its answers, or says where it is and what is wrong.</summary>
internal sealed class QuestionCheck(string path, bool requireAnswers, Action<BadRow> onBadRow)
{
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);

    /// <summary>The question with its answers in UTF-16 offsets; null where it is unusable and was reported.</summary>
    /// <param name="question">As it stands in the file.</param>
    /// <param name="answers">The answers with the code points they start at.</param>
    public Question? Placed(Question question, IEnumerable<(string Text, int Start)> answers)
    {
        List<Answer> placed = [];
        string? problem = question.Id.Length == 0 ? "a question has no id" : _ids.Add(question.Id) ? null : "the id occurs twice";
        if (string.IsNullOrWhiteSpace(question.Text)) problem ??= "the question is empty";
        if (string.IsNullOrWhiteSpace(question.Context)) problem ??= "the context is empty";
        foreach ((string text, int start) in answers)
        {
            int offset = CodePoints.ToUtf16(question.Context, start);
            if (text.Length == 0)
                problem ??= "an answer is empty";
            else if (offset < 0 || !question.Context.AsSpan(offset).StartsWith(text, StringComparison.Ordinal))
                problem ??= Misplaced(question.Context, text, start);
            else
                placed.Add(new Answer(text, offset));
        }

        if (requireAnswers && placed.Count == 0 && !question.IsImpossible) problem ??= "no answer, and not marked is_impossible";
        if (problem is null) return question with { Answers = placed };
        onBadRow(new BadRow(path, question.Line, $"question {question.Id}: {problem}") { Row = question.Row, Id = question.Id });
        return null;
    }

    private static string Misplaced(string context, string text, int start)
    {
        int found = context.IndexOf(text, StringComparison.Ordinal);
        string where = found < 0
            ? "the context does not hold it"
            : string.Create(CultureInfo.InvariantCulture, $"it first stands at {CodePoints.FromUtf16(context, found)}");
        return string.Create(CultureInfo.InvariantCulture, $"the answer \"{text}\" is not at answer_start {start}; {where}");
    }
}
