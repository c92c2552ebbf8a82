using Graft.Data.Tagging;
using Graft.Evaluation;

namespace Graft.Reports.Sections;

/// <summary>A tagged sentence, as the report needs it.</summary>
/// <param name="Text">The text.</param>
/// <param name="Starts">The UTF-16 offset of each word.</param>
/// <param name="Words">The words.</param>
/// <param name="Truth">The true entities, in words.</param>
/// <param name="Predicted">The predicted entities, in words.</param>
/// <param name="Line">The line in the file.</param>
internal sealed record TaggedExample(
    string Text,
    IReadOnlyList<int> Starts,
    IReadOnlyList<string> Words,
    IReadOnlyList<EntitySpan> Truth,
    IReadOnlyList<EntitySpan> Predicted,
    long Line
);

/// <summary>Entities by type, and sentences with their mistakes marked.</summary>
internal static class EntitySection
{
    private const int MostExamples = 15, MostConfusions = 12, ExamplesEach = 3;

    /// <summary>Builds the section.</summary>
    public static ReportSection Build(IReadOnlyList<TaggedExample> examples)
    {
        EntityScores scores = EntityScores.Of(
            examples.Select(example => example.Truth).ToArray(),
            examples.Select(example => example.Predicted).ToArray()
        );
        ReportTable types = new(
            "By entity type",
            ["type", "precision", "recall", "F1", "entities"],
            scores
                .PerType.Select(type =>
                    (IReadOnlyList<string>)
                        [
                            type.Type,
                            Format.Percent(type.Scores.Precision),
                            Format.Percent(type.Scores.Recall),
                            Format.Percent(type.Scores.F1),
                            Format.Count(type.Support),
                        ]
                )
                .ToArray(),
            NumericFrom: 1
        );
        Passage[] passages = examples
            .Where(example => Differs(example) > 0)
            .OrderByDescending(Differs)
            .ThenBy(example => example.Line)
            .Take(MostExamples)
            .Select(Marked)
            .ToArray();
        return new ReportSection(
            "Entities",
            passages.Length == 0
                ? [types]
                :
                [
                    types,
                    Confusions(examples),
                    new Paragraph("Sentences with most mistakes. ✓ found, ✗ found but not there, ∅ there but not found."),
                    new Passages(passages),
                ]
        );
    }

    /// <summary>Mistakes grouped by what was taken for what.</summary>
    private static ReportTable Confusions(IReadOnlyList<TaggedExample> examples)
    {
        IEnumerable<(string Kind, string Text)> mistakes = examples.SelectMany(example =>
            example
                .Truth.Except(example.Predicted)
                .Select(entity => (Missed(example, entity), Words(example, entity)))
                .Concat(
                    example
                        .Predicted.Except(example.Truth)
                        .Where(entity => !example.Truth.Any(other => Overlap(entity, other)))
                        .Select(entity => ($"nothing → {entity.Type}", Words(example, entity)))
                )
        );
        return new ReportTable(
            "Mistakes grouped by confusion, the most frequent first, with examples",
            ["true → predicted", "examples", "count"],
            mistakes
                .GroupBy(mistake => mistake.Kind, StringComparer.Ordinal)
                .OrderByDescending(group => group.Count())
                .Take(MostConfusions)
                .Select(group =>
                    (IReadOnlyList<string>)
                        [
                            group.Key,
                            string.Join("  •  ", group.Select(mistake => mistake.Text).Distinct(StringComparer.Ordinal).Take(ExamplesEach)),
                            Format.Count(group.Count()),
                        ]
                )
                .ToArray(),
            NumericFrom: 2
        );
    }

    /// <summary>What became of an entity that was not found as it is.</summary>
    private static string Missed(TaggedExample example, EntitySpan entity)
    {
        EntitySpan[] overlapping = [.. example.Predicted.Where(other => Overlap(entity, other))];
        if (overlapping.Length == 0) return $"{entity.Type} → nothing";
        EntitySpan found = overlapping.OrderByDescending(other => other.Type == entity.Type).First();
        return found.Type == entity.Type ? $"{entity.Type} → {entity.Type} with other limits" : $"{entity.Type} → {found.Type}";
    }

    private static bool Overlap(EntitySpan one, EntitySpan other) => one.Start < other.End && other.Start < one.End;

    private static string Words(TaggedExample example, EntitySpan entity) =>
        string.Join(' ', example.Words.Skip(entity.Start).Take(entity.End - entity.Start));

    /// <summary>A sentence with its entities marked by outcome.</summary>
    public static Passage Marked(TaggedExample example)
    {
        Mark Mark(EntitySpan entity, MarkOutcome outcome) =>
            new(example.Starts[entity.Start], example.Starts[entity.End - 1] + example.Words[entity.End - 1].Length, entity.Type, outcome);

        return new Passage($"line {Format.Count(example.Line)}", example.Text,
        [
            .. example.Predicted.Select(entity => Mark(entity, example.Truth.Contains(entity) ? MarkOutcome.Right : MarkOutcome.Wrong)),
            .. example.Truth.Where(entity => !example.Predicted.Contains(entity)).Select(entity => Mark(entity, MarkOutcome.Missed)),
        ]);
    }

    private static int Differs(TaggedExample example) =>
        example.Predicted.Except(example.Truth).Count() + example.Truth.Except(example.Predicted).Count();
}
