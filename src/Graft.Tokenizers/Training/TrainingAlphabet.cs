using System.Text;

namespace Graft.Tokenizers.Training;

/// <summary>
/// The characters a vocabulary starts from: all seen, plus those asked for, without the rarest where there is a limit; by code point.
/// </summary>
internal static class TrainingAlphabet
{
    public static List<Rune> Of(WordCounts words, IEnumerable<string> initial, int? limit)
    {
        Dictionary<Rune, long> counts = [];
        for (int w = 0; w < words.Count; w++)
        {
            ReadOnlySpan<byte> word = words.Word(w);
            while (!word.IsEmpty)
            {
                Rune.DecodeFromUtf8(word, out Rune rune, out int length);
                counts[rune] = counts.GetValueOrDefault(rune) + words.Frequency(w);
                word = word[length..];
            }
        }

        // What is asked for always stays.
        foreach (string item in initial)
        {
            foreach (Rune rune in item.EnumerateRunes()) counts[rune] = long.MaxValue;
        }

        IEnumerable<Rune> kept = limit is null
            ? counts.Keys
            : counts.OrderByDescending(p => p.Value).ThenBy(p => p.Key).Take(limit.Value).Select(p => p.Key);
        return [.. kept.Order()];
    }
}
