using System.Globalization;

namespace Graft.Data.Checks;

/// <summary>
/// Texts that occur more than once: within training (they weigh more), across files (the score is then partly memory), and with different
/// answers (one must be wrong). Case and white space do not count.
/// </summary>
internal static class DuplicateCheck
{
    public static IEnumerable<Finding?> Run(IReadOnlyList<CheckedText> train, IReadOnlyList<CheckedText> evaluation)
    {
        Dictionary<string, List<CheckedText>> groups = new(StringComparer.Ordinal);
        foreach (CheckedText text in train.Concat(evaluation))
        {
            string key = Key(text.Text);
            if (key.Length == 0) continue;
            if (!groups.TryGetValue(key, out List<CheckedText>? group)) groups.Add(key, group = []);
            group.Add(text);
        }

        List<Place> within = [], across = [], conflicts = [];
        HashSet<string> evaluationPaths = new(evaluation.Select(text => text.Path), StringComparer.Ordinal);
        foreach (List<CheckedText> group in groups.Values.Where(group => group.Count > 1))
        {
            CheckedText first = group[0];
            bool conflict = group.Exists(text => text.Answer != first.Answer);
            foreach (CheckedText text in group.Skip(1))
            {
                bool leaks = evaluationPaths.Contains(text.Path) && !evaluationPaths.Contains(first.Path);
                string also = text.Path == first.Path ? Line(first) : $"{first.Path}, {Line(first)}";
                if (leaks) across.Add(text.Place($"also at {also}: {CheckedText.Quoted(text.Text)}"));
                else within.Add(text.Place($"also at {also}: {CheckedText.Quoted(text.Text)}"));
            }

            if (conflict)
                conflicts.AddRange(
                    group
                        .DistinctBy(text => text.Answer)
                        .Select(text => text.Place($"{CheckedText.Quoted(text.Answer)} for {CheckedText.Quoted(text.Text)}"))
                );
        }

        yield return Findings.Of(
            "leaked-texts",
            Severity.Warning,
            across,
            n => $"{n} of the evaluation also stand{(n == "1 text" ? "s" : "")} in training",
            "remove them from training: the score would partly measure memory",
            "text",
            "texts"
        );
        yield return Findings.Of(
            "conflicting-labels",
            Severity.Warning,
            conflicts,
            n => $"{n} carry different labels for the same text",
            "decide which label is right, or drop all of them",
            "place",
            "places"
        );
        yield return Findings.Of(
            "duplicates",
            Severity.Note,
            within,
            n => $"{n} occur again within their file",
            "remove repeated lines unless they are meant to weigh more",
            "text",
            "texts"
        );
    }

    /// <summary>The text in lower case with white space collapsed.</summary>
    private static string Key(string text) =>
        string.Join(' ', text.ToLowerInvariant().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static string Line(CheckedText text) => string.Create(CultureInfo.InvariantCulture, $"line {text.Line}");
}
