using System.Runtime.InteropServices;

namespace Graft.Tokenizers.Training;

/// <summary>
/// Byte-pair encoding's learning (Sennrich et al. 2016, section 3.2): again and again joins the pair of neighbours with the highest count
/// over all words, ties to the smallest (left id, right id). Words are kept once with their frequency; a merge touches only the words that
/// have the pair, and counts are kept up to date instead of taken anew.
/// </summary>
internal sealed class PairMerger(List<string> vocabulary, Func<string, string, string> join)
{
    private const int LongestWord = 1024;

    private struct Pair
    {
        public long Count;
        public int FirstPlace;
        public int LastWord;
    }

    private readonly record struct Candidate(long Count, ulong Key) : IComparable<Candidate>
    {
        // The queue serves the smallest first.
        public int CompareTo(Candidate other) => Count != other.Count ? other.Count.CompareTo(Count) : Key.CompareTo(other.Key);
    }

    private readonly Dictionary<string, int> _ids = MakeIds(vocabulary);
    private readonly Dictionary<ulong, int> _pairIndices = [];
    private Pair[] _pairs = new Pair[1 << 12];
    private (int Word, int Next)[] _places = new (int, int)[1 << 14];
    private int _placesUsed = 1;
    private readonly PriorityQueue<ulong, Candidate> _queue = new();
    private readonly List<ulong> _changed = [];

    private readonly List<int> _symbols = [];
    private readonly List<(int Start, int Length, long Frequency)> _words = [];

    /// <summary>The merges made, in order, as pairs of ids of <see cref="Vocabulary"/>.</summary>
    public List<(int Left, int Right)> Merges { get; } = [];

    /// <summary>The tokens: those given, then one a merge.</summary>
    public List<string> Vocabulary => vocabulary;

    /// <summary>The id of a token that is in the vocabulary, or −1.</summary>
    public int Find(string token) => _ids.GetValueOrDefault(token, -1);

    /// <summary>Adds a token before merging begins, unless it is there; the id.</summary>
    public int Add(string token)
    {
        ref int id = ref CollectionsMarshal.GetValueRefOrAddDefault(_ids, token, out bool exists);
        if (exists) return id;
        id = vocabulary.Count;
        vocabulary.Add(token);
        return id;
    }

    /// <summary>
    /// Adds a word as symbols with its frequency. A merge goes over the whole of a word, so what is too long to be one (a line without any
    /// space) is taken in parts: the time stays linear in the text.
    /// </summary>
    public void AddWord(ReadOnlySpan<int> symbols, long frequency)
    {
        for (; symbols.Length > LongestWord; symbols = symbols[LongestWord..]) AddWord(symbols[..LongestWord], frequency);
        if (symbols.Length < 2) return;
        _words.Add((_symbols.Count, symbols.Length, frequency));
        _symbols.AddRange(symbols);
    }

    /// <summary>Merges until the vocabulary has the size, or no pair is as frequent as asked.</summary>
    public void Run(int vocabularySize, long minFrequency)
    {
        Span<int> symbols = CollectionsMarshal.AsSpan(_symbols);
        for (int w = 0; w < _words.Count; w++)
        {
            (int start, int length, long frequency) = _words[w];
            for (int i = start; i + 1 < start + length; i++) Change(symbols[i], symbols[i + 1], frequency, w);
        }

        Enqueue();
        while (vocabulary.Count < vocabularySize && TryTakeBest(minFrequency, out ulong key)) Merge(key);
    }

    private bool TryTakeBest(long minFrequency, out ulong key)
    {
        while (_queue.TryDequeue(out key, out Candidate candidate))
        {
            long count = _pairs[_pairIndices[key]].Count;
            if (count == candidate.Count) return count > 0 && count >= minFrequency;
            // The count fell since: back in line with what it is now. (When it rose, a newer entry has been served already.)
            if (count > 0 && count < candidate.Count) _queue.Enqueue(key, new Candidate(count, key));
        }

        return false;
    }

    private void Merge(ulong key)
    {
        (int left, int right) = ((int)(key >> 32), (int)(uint)key);
        int merged = Add(join(vocabulary[left], vocabulary[right]));
        Merges.Add((left, right));
        ref Pair pair = ref _pairs[_pairIndices[key]];
        int place = pair.FirstPlace;
        pair = default;
        pair.LastWord = -1;
        for (; place != 0; place = _places[place].Next) MergeWord(_places[place].Word, left, right, merged, key);
        Enqueue();
    }

    private void MergeWord(int index, int left, int right, int merged, ulong mergedKey)
    {
        ref (int Start, int Length, long Frequency) word = ref CollectionsMarshal.AsSpan(_words)[index];
        Span<int> symbols = CollectionsMarshal.AsSpan(_symbols).Slice(word.Start, word.Length);
        int written = 0;
        for (int i = 0; i < symbols.Length; i++)
        {
            if (symbols[i] != left || i + 1 >= symbols.Length || symbols[i + 1] != right)
            {
                symbols[written++] = symbols[i];
                continue;
            }

            if (written > 0)
            {
                int before = symbols[written - 1];
                if (Key(before, left) != mergedKey) Change(before, left, -word.Frequency, -1);
                Change(before, merged, word.Frequency, index);
            }

            if (i + 2 < symbols.Length)
            {
                int after = symbols[i + 2];
                if (Key(right, after) != mergedKey) Change(right, after, -word.Frequency, -1);
                Change(merged, after, word.Frequency, index);
            }

            symbols[written++] = merged;
            i++;
        }

        word.Length = written;
    }

    // Adds to a pair's count and, for a word that gained the pair, remembers the word.
    private void Change(int left, int right, long change, int word)
    {
        ulong key = Key(left, right);
        ref int index = ref CollectionsMarshal.GetValueRefOrAddDefault(_pairIndices, key, out bool exists);
        if (!exists)
        {
            index = _pairIndices.Count - 1;
            if (index == _pairs.Length) Array.Resize(ref _pairs, 2 * index);
            _pairs[index].LastWord = -1;
        }

        ref Pair pair = ref _pairs[index];
        pair.Count += change;
        if (word < 0) return;
        _changed.Add(key);
        if (pair.LastWord == word) return;
        if (_placesUsed == _places.Length) Array.Resize(ref _places, 2 * _placesUsed);
        _places[_placesUsed] = (word, pair.FirstPlace);
        pair.FirstPlace = _placesUsed++;
        pair.LastWord = word;
    }

    // Pairs that gained enter the queue once, with the count they have after all changes.
    private void Enqueue()
    {
        _changed.Sort();
        ulong previous = ulong.MaxValue;
        foreach (ulong key in _changed)
        {
            if (key == previous) continue;
            previous = key;
            long count = _pairs[_pairIndices[key]].Count;
            if (count > 0) _queue.Enqueue(key, new Candidate(count, key));
        }

        _changed.Clear();
    }

    private static ulong Key(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private static Dictionary<string, int> MakeIds(List<string> vocabulary)
    {
        Dictionary<string, int> ids = new(vocabulary.Count, StringComparer.Ordinal);
        for (int i = 0; i < vocabulary.Count; i++)
        {
            if (!ids.TryAdd(vocabulary[i], i)) throw new InputException($"special_tokens: \"{vocabulary[i]}\" is listed twice");
        }

        return ids;
    }
}
