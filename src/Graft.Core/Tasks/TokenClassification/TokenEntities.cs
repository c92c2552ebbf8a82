namespace Graft.Tasks.TokenClassification;

/// <summary>How labels of tokens become entities: the reference's strategies (the token-classification pipeline of transformers).</summary>
public enum TokenAggregation
{
    /// <summary>Every token by itself.</summary>
    None,

    /// <summary>Neighbouring tokens of one type.</summary>
    Simple,

    /// <summary>A word has the label of its first token; then neighbouring words of one type.</summary>
    First,

    /// <summary>A word has the label with the highest mean over its tokens.</summary>
    Average,

    /// <summary>A word has the label of its most certain token.</summary>
    Max,
}

/// <summary>Groups tokens to entities.</summary>
internal static class TokenEntities
{
    private const string Outside = "O";

    /// <summary>A token or a word with its label.</summary>
    private sealed record Labelled(string Label, double Score, int Start, int End);

    /// <summary>The entities of a text, in order.</summary>
    public static IReadOnlyList<Entity> Of(
        string text,
        IReadOnlyList<string> labels,
        TokenAggregation aggregation,
        IReadOnlyList<ScoredToken> tokens
    )
    {
        List<Labelled> items = aggregation is TokenAggregation.None or TokenAggregation.Simple
            ? [.. tokens.Select(token => Best(token.Probabilities, token, labels))]
            : Words(tokens, aggregation, labels);
        IEnumerable<List<Labelled>> groups =
            aggregation == TokenAggregation.None ? items.Select(item => new List<Labelled> { item }) : Groups(items);
        return
        [
            .. groups
                .Where(group => group[0].Label != Outside)
                .Select(group =>
                {
                    (int start, int end) = (group[0].Start, group[^1].End);
                    string type = aggregation == TokenAggregation.None ? group[0].Label : TypeOf(group[0].Label);
                    return new Entity(type, text[start..end], start, end, group.Average(item => item.Score));
                }),
        ];
    }

    private static List<Labelled> Words(IReadOnlyList<ScoredToken> tokens, TokenAggregation aggregation, IReadOnlyList<string> labels)
    {
        List<Labelled> words = [];
        for (int first = 0, next; first < tokens.Count; first = next)
        {
            for (next = first + 1; next < tokens.Count && tokens[next].Continues;) next++;
            ScoredToken[] word = [.. tokens.Skip(first).Take(next - first)];
            double[] scores = aggregation switch
            {
                TokenAggregation.First => word[0].Probabilities,
                TokenAggregation.Max => word.MaxBy(token => token.Probabilities.Max())!.Probabilities,
                _ => [.. labels.Select((_, label) => word.Average(token => token.Probabilities[label]))],
            };
            words.Add(Best(scores, word[0] with { End = word[^1].End }, labels));
        }

        return words;
    }

    private static Labelled Best(double[] scores, ScoredToken place, IReadOnlyList<string> labels)
    {
        int best = Array.IndexOf(scores, scores.Max());
        return new Labelled(labels[best], scores[best], place.Start, place.End);
    }

    // A label without B- or I- goes on where the one before is of its type.
    private static IEnumerable<List<Labelled>> Groups(IEnumerable<Labelled> items)
    {
        List<Labelled> group = [];
        foreach (Labelled item in items)
        {
            bool begins = item.Label.StartsWith("B-", StringComparison.Ordinal);
            if (group.Count > 0 && (begins || TypeOf(group[^1].Label) != TypeOf(item.Label)))
            {
                yield return group;
                group = [];
            }

            group.Add(item);
        }

        if (group.Count > 0) yield return group;
    }

    private static string TypeOf(string label) =>
        label.StartsWith("B-", StringComparison.Ordinal) || label.StartsWith("I-", StringComparison.Ordinal) ? label[2..] : label;
}
