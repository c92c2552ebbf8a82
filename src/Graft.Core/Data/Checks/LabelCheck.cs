using System.Globalization;

namespace Graft.Data.Checks;

/// <summary>Labels that are rare, missing on one side, or written in two ways.</summary>
internal static class LabelCheck
{
    private const double Imbalanced = 20;
    private const int Rare = 5;

    /// <param name="train">The labels of training, with their places.</param>
    /// <param name="evaluation">Those of the evaluation.</param>
    /// <param name="judgesBalance">False for tags, which are never balanced.</param>
    public static IEnumerable<Finding?> Run(
        IReadOnlyList<(string Path, long Line, string Label)> train,
        IReadOnlyList<(string Path, long Line, string Label)> evaluation,
        bool judgesBalance = true
    )
    {
        Dictionary<string, List<(string Path, long Line, string Label)>> labels = train
            .GroupBy(item => item.Label, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.ToList(), StringComparer.Ordinal);
        if (labels.Count == 0)
            yield break;

        yield return Findings.Of(
            "unknown-labels",
            Severity.Error,
            evaluation
                .Where(item => !labels.ContainsKey(item.Label))
                .Select(item => new Place(item.Path, item.Line, CheckedText.Quoted(item.Label)))
                .ToArray(),
            n => $"{n} of the evaluation do not occur in training",
            "correct the labels, or add training examples for them: the model cannot answer what it never saw",
            "label",
            "labels"
        );
        yield return Findings.Of(
            "similar-labels",
            Severity.Warning,
            labels
                .Keys.GroupBy(label => label.Trim().ToLowerInvariant(), StringComparer.Ordinal)
                .Where(group => group.Count() > 1)
                .Select(group => First(labels[group.Last()], string.Join(" and ", group.Select(CheckedText.Quoted))))
                .ToArray(),
            n => $"{n} differ only in case or blanks",
            "write each label one way",
            "pair of labels",
            "groups of labels"
        );
        yield return Findings.Of(
            "rare-labels",
            Severity.Warning,
            labels
                .Where(label => label.Value.Count < Rare)
                .Select(label =>
                    First(
                        label.Value,
                        string.Create(CultureInfo.InvariantCulture, $"{CheckedText.Quoted(label.Key)} occurs {label.Value.Count} times")
                    )
                )
                .ToArray(),
            n => string.Create(CultureInfo.InvariantCulture, $"{n} with fewer than {Rare} training examples"),
            "add examples or merge them with others",
            "label",
            "labels"
        );
        yield return labels.Count == 1
            ? new Finding(
                "one-label",
                Severity.Error,
                $"every training example has the label {CheckedText.Quoted(train[0].Label)}",
                "check the label column: there is nothing to learn",
                [new Place(train[0].Path, 0)]
            )
        : judgesBalance ? Imbalance(labels)
        : null;
    }

    private static Finding? Imbalance(Dictionary<string, List<(string Path, long Line, string Label)>> labels)
    {
        KeyValuePair<string, List<(string Path, long Line, string Label)>> most = labels.MaxBy(label => label.Value.Count),
            least = labels.MinBy(label => label.Value.Count);
        double ratio = (double)most.Value.Count / least.Value.Count;
        return ratio < Imbalanced
            ? null
            : new Finding(
                "imbalance",
                Severity.Warning,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{CheckedText.Quoted(most.Key)} is {ratio:F0} times as frequent as {CheckedText.Quoted(least.Key)}"
                ),
                "judge by macro F1 rather than accuracy, weight the classes, or collect more of the rare ones",
                [
                    First(
                        least.Value,
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{CheckedText.Quoted(least.Key)} first occurs here; {least.Value.Count} against {most.Value.Count}"
                        )
                    ),
                ]
            );
    }

    private static Place First(List<(string Path, long Line, string Label)> items, string detail) =>
        new(items[0].Path, items[0].Line, detail);
}
