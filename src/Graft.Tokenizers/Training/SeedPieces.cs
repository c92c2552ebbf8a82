using System.Runtime.InteropServices;
using System.Text;

namespace Graft.Tokenizers.Training;

/// <summary>
/// What Unigram training starts from: every character, then the substrings that branch (two occurrences go on differently) by frequency ×
/// length, found in a suffix array over the distinct words. A word's end is a character of its own that no piece contains.
/// </summary>
internal static class SeedPieces
{
    private const int Boundary = 0;

    private readonly record struct Candidate(long Score, int Start, int Length);

    /// <summary>The pieces with the logarithms of their shares of all scores.</summary>
    public static List<(string Text, double Score)> Of(WordCounts words, UnigramTrainerOptions options)
    {
        (int[] text, Dictionary<int, long> characters) = Flatten(words);
        List<(string Text, double Score)> pieces =
        [
            .. characters
                .OrderByDescending(c => c.Value)
                .ThenByDescending(c => c.Key)
                .Select(c => (new Rune(c.Key).ToString(), (double)c.Value)),
        ];
        foreach (Candidate candidate in Substrings(text, options.MaxPieceLength))
        {
            if (pieces.Count >= options.SeedSize) break;
            pieces.Add((Text(text.AsSpan(candidate.Start, candidate.Length)), candidate.Score));
        }

        double logSum = Math.Log(pieces.Sum(piece => piece.Score));
        foreach (ref (string Text, double Score) piece in CollectionsMarshal.AsSpan(pieces)) piece.Score = Math.Log(piece.Score) - logSum;
        return pieces;
    }

    private static (int[] Text, Dictionary<int, long> Characters) Flatten(WordCounts words)
    {
        List<int> text = [];
        Dictionary<int, long> characters = [];
        for (int w = 0; w < words.Count; w++)
        {
            for (ReadOnlySpan<byte> word = words.Word(w); !word.IsEmpty;)
            {
                Rune.DecodeFromUtf8(word, out Rune rune, out int length);
                word = word[length..];
                text.Add(rune.Value);
                if (rune.Value != Boundary) characters[rune.Value] = characters.GetValueOrDefault(rune.Value) + words.Frequency(w);
            }

            text.Add(Boundary);
        }

        return ([.. text], characters);
    }

    private static List<Candidate> Substrings(int[] text, int maxLength)
    {
        // Only what no boundary cuts and what is short enough matters, so suffixes are compared that far and no further.
        int[] suffixes = [.. Enumerable.Range(0, text.Length).Where(i => text[i] != Boundary)];
        Array.Sort(suffixes, (a, b) => Compare(text, a, b, maxLength + 1));
        List<Candidate> found = [];
        Stack<(int Length, int First)> open = new();
        open.Push((0, 0));
        for (int i = 1; i <= suffixes.Length; i++)
        {
            int common = i < suffixes.Length ? CommonLength(text, suffixes[i - 1], suffixes[i], maxLength + 1) : 0;
            int first = i - 1;
            while (open.Peek().Length > common)
            {
                (int length, first) = open.Pop();
                int start = suffixes[first];
                bool whole = length <= maxLength && text[start + length - 1] != Boundary;
                if (whole && length >= 2) found.Add(new((long)(i - first) * length, start, length));
            }

            if (open.Peek().Length < common) open.Push((common, first));
        }

        found.Sort((a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : b.TextIn(text).SequenceCompareTo(a.TextIn(text)));
        return found;
    }

    private static ReadOnlySpan<int> TextIn(this Candidate candidate, int[] text) => text.AsSpan(candidate.Start, candidate.Length);

    private static int Compare(int[] text, int a, int b, int most)
    {
        int common = CommonLength(text, a, b, most);
        if (common == most || a + common >= text.Length || b + common >= text.Length) return a.CompareTo(b);
        if (common > 0 && text[a + common - 1] == Boundary) return a.CompareTo(b);
        return text[a + common].CompareTo(text[b + common]);
    }

    // Up to and with the first boundary: what is equal that far contains one.
    private static int CommonLength(int[] text, int a, int b, int most)
    {
        int length = 0;
        while (length < most && a + length < text.Length && b + length < text.Length && text[a + length] == text[b + length])
        {
            length++;
            if (text[a + length - 1] == Boundary) break;
        }

        return length;
    }

    private static string Text(ReadOnlySpan<int> codePoints)
    {
        StringBuilder text = new(codePoints.Length);
        foreach (int codePoint in codePoints) text.Append(new Rune(codePoint).ToString());
        return text.ToString();
    }
}
