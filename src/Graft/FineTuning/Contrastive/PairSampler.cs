using Graft.Tuning;

namespace Graft.Tasks.Contrastive;

/// <summary>Two training texts to compare.</summary>
/// <param name="First">The place of one.</param>
/// <param name="Second">The place of the other.</param>
/// <param name="AreEqual">Whether they have a label in common.</param>
internal readonly record struct TextPair(int First, int Second, bool AreEqual);

/// <summary>
/// Draws the pairs of a pass. Labels [a, a, b], one round → (0, 1, equal), (0, 2, unequal), (1, 0, equal), (1, 2, unequal), (2, 0,
/// unequal), shuffled: a text that is the only one of its label has no equal partner.
/// </summary>
internal sealed class PairSampler
{
    private const ulong Purpose = 0xC047;
    private const long MostEnumerated = 2_000_000;
    private const int Tries = 64;
    private readonly IReadOnlyList<int[]> _labels;
    private readonly Dictionary<int, int[]> _texts;
    private readonly int[] _names;
    private CounterRandom _random;

    /// <param name="labels">The labels of each text; one without any is equal to others without any.</param>
    /// <param name="seed">The seed of the draw.</param>
    public PairSampler(IReadOnlyList<int[]> labels, ulong seed)
    {
        _labels = [.. labels.Select(own => own.Length == 0 ? [-1] : own)];
        _texts = _labels
            .SelectMany((own, text) => own.Select(label => (label, text)))
            .GroupBy(entry => entry.label, entry => entry.text)
            .ToDictionary(group => group.Key, group => group.ToArray());
        _names = [.. _texts.Keys.Order()];
        _random = new CounterRandom(CounterRandom.Key(seed, Purpose));
    }

    /// <summary>The pairs, shuffled.</summary>
    public TextPair[] Draw(ContrastiveTuning options)
    {
        TextPair[] pairs = options.Sampling == PairSampling.Oversampling ? Rounds(options) : Distinct(options);
        _random.Shuffle<TextPair>(pairs);
        return pairs.Length > options.MaxPairs ? pairs[..options.MaxPairs] : pairs;
    }

    private TextPair[] Rounds(ContrastiveTuning options)
    {
        int rounds = Math.Clamp(options.MaxPairs / Math.Max(1, 2 * _labels.Count), 1, options.Rounds);
        List<TextPair> pairs = new(2 * rounds * _labels.Count);
        for (int round = 0; round < rounds; round++)
        {
            for (int text = 0; text < _labels.Count; text++)
            {
                if (Equal(text) is int same) pairs.Add(new(text, same, true));
                if (Unequal(text) is int other) pairs.Add(new(text, other, false));
            }
        }

        return [.. pairs];
    }

    private TextPair[] Distinct(ContrastiveTuning options)
    {
        long most = Math.Min(options.MaxPairs, 2L * options.Rounds * _labels.Count);
        (List<TextPair> equal, List<TextPair> unequal) =
            (long)_labels.Count * (_labels.Count - 1) / 2 <= MostEnumerated ? All() : Some(most);
        TextPair[] same = [.. equal],
            other = [.. unequal];
        _random.Shuffle<TextPair>(same);
        _random.Shuffle<TextPair>(other);
        if (options.Sampling == PairSampling.Undersampling)
        {
            int each = (int)Math.Min(Math.Min(same.Length, other.Length), most / 2);
            return [.. same.Take(each), .. other.Take(each)];
        }

        TextPair[] all = [.. same, .. other];
        _random.Shuffle<TextPair>(all);
        return all.Length > most ? all[..(int)most] : all;
    }

    /// <summary>Every pair once.</summary>
    private (List<TextPair> Equal, List<TextPair> Unequal) All()
    {
        List<TextPair> equal = [], unequal = [];
        for (int first = 0; first < _labels.Count; first++)
        {
            for (int second = first + 1; second < _labels.Count; second++)
            {
                bool same = ShareLabel(first, second);
                (same ? equal : unequal).Add(new(first, second, same));
            }
        }

        return (equal, unequal);
    }

    /// <summary>Takes from very many texts so many pairs of each kind, none twice.</summary>
    private (List<TextPair> Equal, List<TextPair> Unequal) Some(long most)
    {
        HashSet<(int, int)> seen = [];
        List<TextPair> equal = [], unequal = [];
        for (long draw = 0; draw < 4 * most; draw++)
        {
            int text = _random.NextInt(_labels.Count);
            bool same = draw % 2 == 0;
            if ((same ? Equal(text) : Unequal(text)) is int partner && seen.Add((Math.Min(text, partner), Math.Max(text, partner))))
                (same ? equal : unequal).Add(new(text, partner, same));
        }

        return (equal, unequal);
    }

    /// <summary>A text with one of the text's labels, not itself; null where there is none.</summary>
    private int? Equal(int text)
    {
        int[] own = _labels[text], candidates = _texts[own[_random.NextInt(own.Length)]];
        if (candidates.Length == 1) return null;
        int drawn = _random.NextInt(candidates.Length - 1);
        return candidates[drawn] == text ? candidates[^1] : candidates[drawn];
    }

    /// <summary>A text of another label, all labels alike; null where none is found.</summary>
    private int? Unequal(int text)
    {
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            int[] candidates = _texts[_names[_random.NextInt(_names.Length)]];
            int drawn = candidates[_random.NextInt(candidates.Length)];
            if (!ShareLabel(text, drawn)) return drawn;
        }

        return null;
    }

    private bool ShareLabel(int first, int second)
    {
        foreach (int label in _labels[first])
        {
            if (Array.IndexOf(_labels[second], label) >= 0) return true;
        }

        return false;
    }
}
