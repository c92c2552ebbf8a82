namespace Graft.Tokenizers.SentencePiece;

/// <summary>
/// Joins the neighbours whose joint piece has the highest score, leftmost on ties, until none is left (bpe_model.cc). User-defined pieces
/// take no part; unused pieces join, but are cut again at the end.
/// </summary>
internal sealed class BpeSegmenter(SentencePieceVocabulary vocabulary) : SentencePieceSegmenter(vocabulary)
{
    private struct Symbol
    {
        public int Start;
        public int Length;
        public int Previous;
        public int Next;
        public bool Frozen;
    }

    private readonly record struct Pair(int Left, int Right, int Length);

    private readonly record struct Rank(float Score, int Left) : IComparable<Rank>
    {
        public int CompareTo(Rank other) => Score != other.Score ? other.Score.CompareTo(Score) : Left.CompareTo(other.Left);
    }

    private readonly PriorityQueue<Pair, Rank> _queue = new();

    // How an unused piece was made: the length of its left part.
    private readonly Dictionary<int, int> _leftLengths = [];
    private Symbol[] _symbols = new Symbol[64];

    private readonly BpeWordCache _cache = new(vocabulary);
    private readonly bool _byWord = !vocabulary.HasInnerSpaces && !vocabulary.HasUnused && vocabulary.UserDefined.IsEmpty;

    public override void Segment(ReadOnlySpan<byte> text, List<Segment> output)
    {
        output.Clear();
        for (int start = 0; start < text.Length;)
        {
            // No piece reaches over the ▁ that begins a word, so what is joined in one word says nothing about the next.
            int end = _byWord ? WordEnd(text, start) : text.Length;
            if (!_byWord || !_cache.TrySegment(text, start, end, output)) SegmentRange(text[..end], start, output);
            start = end;
        }
    }

    private static int WordEnd(ReadOnlySpan<byte> text, int start)
    {
        int next = text[(start + 1)..].IndexOf("\u2581"u8);
        return next < 0 ? text.Length : start + 1 + next;
    }

    internal void SegmentRange(ReadOnlySpan<byte> text, int from, List<Segment> output)
    {
        int count = Split(text, from);
        _queue.Clear();
        _leftLengths.Clear();
        for (int i = 1; i < count; i++) Enqueue(text, i - 1, i);
        while (_queue.TryDequeue(out Pair pair, out _))
        {
            ref Symbol left = ref _symbols[pair.Left];
            ref Symbol right = ref _symbols[pair.Right];
            if (left.Length == 0 || right.Length == 0 || left.Length + right.Length != pair.Length) continue;
            left.Length = pair.Length;
            left.Next = right.Next;
            if (right.Next >= 0) _symbols[right.Next].Previous = pair.Left;
            right.Length = 0;
            Enqueue(text, left.Previous, pair.Left);
            Enqueue(text, pair.Left, left.Next);
        }

        for (int i = 0; i >= 0; i = _symbols[i].Next) Emit(text, _symbols[i].Start, _symbols[i].Length, output);
    }

    private int Split(ReadOnlySpan<byte> text, int from)
    {
        int count = 0;
        for (int start = from; start < text.Length;)
        {
            if (count == _symbols.Length) Array.Resize(ref _symbols, 2 * count);
            int length = UnitLength(text, start, out bool frozen);
            _symbols[count] = new Symbol { Start = start, Length = length, Previous = count - 1, Next = count + 1, Frozen = frozen };
            start += length;
            count++;
        }

        _symbols[count - 1].Next = -1;
        return count;
    }

    private void Enqueue(ReadOnlySpan<byte> text, int left, int right)
    {
        if (left < 0 || right < 0 || _symbols[left].Frozen || _symbols[right].Frozen) return;
        int length = _symbols[left].Length + _symbols[right].Length;
        int id = Vocabulary.Pieces.Find(text.Slice(_symbols[left].Start, length));
        if (id < 0) return;
        _queue.Enqueue(new(left, right, length), new(Vocabulary.Model.Pieces[id].Score, left));
        if (Vocabulary.HasUnused && Vocabulary.IsUnused(id)) _leftLengths[id] = _symbols[left].Length;
    }

    private void Emit(ReadOnlySpan<byte> text, int start, int length, List<Segment> output)
    {
        int id = Vocabulary.Find(text.Slice(start, length));
        if (Vocabulary.HasUnused && Vocabulary.IsUnused(id) && _leftLengths.TryGetValue(id, out int leftLength))
        {
            Emit(text, start, leftLength, output);
            Emit(text, start + leftLength, length - leftLength, output);
            return;
        }

        output.Add(new(id, start, start + length));
    }
}
