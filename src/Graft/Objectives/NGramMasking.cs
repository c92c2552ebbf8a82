namespace Graft.Objectives;

/// <summary>
/// ALBERT's n-gram masking (Lan et al. 2019, §4.1): n words in a row are chosen together, p(n) ∝ 1/n up to three.
/// <code>lengths drawn with a longest n-gram of 3:  1 word 6/11, 2 words 3/11, 3 words 2/11</code>
/// </summary>
internal static class NGramMasking
{
    /// <summary>Indices of the chosen pieces, in the order of choice; never more than <paramref name="budget"/>.</summary>
    public static List<int> Choose(List<Word> words, int budget, int longest, ref CounterRandom random)
    {
        int[] starts = Enumerable.Range(0, words.Count).ToArray();
        random.Shuffle(starts.AsSpan());
        bool[] taken = new bool[words.Count];
        List<int> chosen = new(budget);
        foreach (int start in starts)
        {
            if (chosen.Count >= budget) break;
            int count = FreeNeighbours(words, taken, start, DrawLength(longest, ref random));
            while (count > 0 && chosen.Count + words[start + count - 1].End - words[start].Start > budget) count--;
            for (int word = start; word < start + count; word++)
            {
                taken[word] = true;
                for (int i = words[word].Start; i < words[word].End; i++) chosen.Add(i);
            }
        }

        return chosen;
    }

    /// <summary>n in 1 … <paramref name="longest"/> with probability ∝ 1/n.</summary>
    internal static int DrawLength(int longest, ref CounterRandom random)
    {
        double total = 0;
        for (int n = 1; n <= longest; n++) total += 1.0 / n;
        double draw = random.NextDouble() * total;
        for (int n = 1; n < longest; n++)
        {
            draw -= 1.0 / n;
            if (draw < 0) return n;
        }

        return longest;
    }

    /// <summary>
    /// How many of <paramref name="wanted"/> words from <paramref name="start"/> on are free and adjacent (no special between them).
    /// </summary>
    private static int FreeNeighbours(List<Word> words, bool[] taken, int start, int wanted)
    {
        int count = 0;
        while (count < wanted && start + count < words.Count && !taken[start + count]
            && (count == 0 || words[start + count - 1].End == words[start + count].Start)) count++;
        return count;
    }
}
