namespace Graft.Evaluation;

/// <summary>Gives each word the tag it had most often in training; words not seen there, the most frequent tag of all.</summary>
internal sealed class MostFrequentTag
{
    private readonly Dictionary<string, string> _tags;
    private readonly string _fallback;

    /// <summary>Counts the training sentences.</summary>
    /// <param name="words">Words by sentence.</param>
    /// <param name="tags">Tags by sentence.</param>
    public MostFrequentTag(IEnumerable<IReadOnlyList<string>> words, IEnumerable<IReadOnlyList<string>> tags)
    {
        List<(string Word, string Tag)> tokens = words
            .Zip(tags, (sentence, labels) => sentence.Zip(labels))
            .SelectMany(pairs => pairs)
            .ToList();
        _fallback = Most(tokens.Select(token => token.Tag));
        _tags = tokens
            .GroupBy(token => token.Word, token => token.Tag, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, Most, StringComparer.Ordinal);
    }

    /// <summary>The tags of a sentence.</summary>
    public IReadOnlyList<string> Predict(IReadOnlyList<string> words) =>
        words.Select(word => _tags.GetValueOrDefault(word, _fallback)).ToArray();

    private static string Most(IEnumerable<string> tags) =>
        tags.CountBy(tag => tag, StringComparer.Ordinal)
            .OrderByDescending(count => count.Value)
            .ThenBy(count => count.Key, StringComparer.Ordinal)
            .Select(count => count.Key)
            .FirstOrDefault("O");
}
