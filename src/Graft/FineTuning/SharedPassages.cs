using Graft.Corpus;

namespace Graft.Tasks;

/// <summary>
/// Which examples must be held out together. A sentence that stands in several examples, always under one label, gives the label of a
/// held-out example away to whoever trained on another that has it: templates, quoted mails and copies make such data, and a score over
/// folds that part them is far too high.
/// </summary>
internal static class SharedPassages
{
    /// <summary>A sentence counts from this many letters and digits on; shorter ones ("Thank you.") stand anywhere.</summary>
    private const int LeastLength = 16;

    /// <summary>
    /// The group of each example: the number of its first example. Examples that share nothing are groups of one; all of a group are of one
    /// stratum.
    /// </summary>
    /// <param name="data">The examples.</param>
    /// <param name="strata">The labels of the examples.</param>
    public static int[] Groups(TaskData data, IReadOnlyList<string> strata)
    {
        Dictionary<string, (int First, bool IsPure)> sentences = new(StringComparer.Ordinal);
        string[][] own = [.. Enumerable.Range(0, data.Count).Select(i => SentencesOf(data, i))];
        for (int i = 0; i < own.Length; i++)
        {
            foreach (string sentence in own[i])
                sentences[sentence] = sentences.TryGetValue(sentence, out (int First, bool IsPure) seen)
                    ? (seen.First, seen.IsPure && strata[seen.First] == strata[i])
                    : (i, true);
        }

        int[] group = [.. Enumerable.Range(0, own.Length)];
        for (int i = 0; i < own.Length; i++)
        {
            foreach (string sentence in own[i])
            {
                if (sentences[sentence] is not (int first, true)) continue;
                (int a, int b) = (Root(group, i), Root(group, first));
                group[Math.Max(a, b)] = Math.Min(a, b);
            }
        }

        for (int i = 0; i < group.Length; i++) group[i] = Root(group, i);
        return group;
    }

    private static int Root(int[] group, int example)
    {
        while (group[example] != example) example = group[example] = group[group[example]];
        return example;
    }

    /// <summary>Sentences by their letters and digits alone, in lower case.</summary>
    private static string[] SentencesOf(TaskData data, int example)
    {
        string text = data.TextOf(example);
        List<Range> ranges = [];
        HashSet<string> found = new(StringComparer.Ordinal);
        foreach (string paragraph in text.Split('\n'))
        {
            ranges.Clear();
            SentenceSplitter.Split(paragraph, ranges);
            foreach (Range range in ranges)
            {
                string letters = string.Concat(paragraph[range].Where(char.IsLetterOrDigit)).ToLowerInvariant();
                if (letters.Length >= LeastLength) found.Add(letters);
            }
        }

        return [.. found];
    }
}
