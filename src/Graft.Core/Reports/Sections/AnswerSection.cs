using Graft.Data;

namespace Graft.Reports.Sections;

/// <summary>An answered question, as the report needs it.</summary>
/// <param name="Question">The question with its context and accepted answers.</param>
/// <param name="Predicted">The predicted answer; null for none.</param>
/// <param name="F1">The score.</param>
/// <param name="Score">How sure the model was, on its own scale.</param>
internal sealed record AnsweredExample(Question Question, Answer? Predicted, double F1, double Score);

/// <summary>The questions answered worst, with right and predicted answers marked in their contexts.</summary>
internal static class AnswerSection
{
    private const int MostExamples = 12;
    private const int ContextAround = 160;

    /// <summary>Builds the section; null when every answer is right.</summary>
    public static ReportSection? Build(IReadOnlyList<AnsweredExample> examples)
    {
        Passage[] passages = examples
            .Where(example => example.F1 < 1)
            .OrderBy(example => example.F1)
            .ThenByDescending(example => example.Score)
            .Take(MostExamples)
            .Select(Marked)
            .ToArray();
        return passages.Length == 0
            ? null
            : new ReportSection(
                "Answers",
                [
                    new Paragraph("The questions answered worst, the surest first. ✗ predicted, ∅ the accepted answer."),
                    new Passages(passages),
                ]
            );
    }

    /// <summary>The part of the context around the answers, with them marked.</summary>
    public static Passage Marked(AnsweredExample example)
    {
        string context = example.Question.Context;
        List<Mark> marks = [];
        if (example.Predicted is { Text.Length: > 0 } predicted)
            marks.Add(
                new Mark(
                    predicted.Start,
                    predicted.Start + predicted.Text.Length,
                    "predicted",
                    example.F1 == 1 ? MarkOutcome.Right : MarkOutcome.Wrong
                )
            );
        if (example.Question.Answers is [var gold, ..] && example.F1 < 1)
            marks.Add(new Mark(gold.Start, gold.Start + gold.Text.Length, "accepted", MarkOutcome.Missed));
        int start = Math.Max(0, marks.Select(mark => mark.Start).DefaultIfEmpty(0).Min() - ContextAround);
        int end = Math.Min(context.Length, marks.Select(mark => mark.End).DefaultIfEmpty(2 * ContextAround).Max() + ContextAround);
        string before = start > 0 ? "… " : "",
            after = end < context.Length ? " …" : "";
        string heading =
            example.Question.Text
            + (example.Question.Answers.Count == 0 ? "  (has no answer)" : "")
            + (example.Predicted is null ? "  (nothing predicted)" : "");
        return new Passage(
            heading,
            before + context[start..end] + after,
            marks.Select(mark => mark with { Start = mark.Start - start + before.Length, End = mark.End - start + before.Length }).ToArray()
        );
    }
}
