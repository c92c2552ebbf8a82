namespace Graft.Tokenizers.SentencePiece;

/// <summary>
/// All segmentations of a text and the best n of them (unigram_model.cc's Lattice::NBest): Viterbi from the left gives the exact
/// value of the best path to every node, with which A* from the right finds the paths in order.
/// </summary>
internal sealed class UnigramLattice
{
    private const int MaxAgenda = 10_000, MinAgenda = 512;

    private sealed record Node(int Id, int Start, int End, float Score)
    {
        public float BestScore { get; set; }
    }

    private sealed record Hypothesis(Node Node, Hypothesis? Next, float Value, float ScoreSoFar);

    private readonly List<Node>[] _beginning;
    private readonly List<Node>[] _ending;
    private readonly Node _begin;
    private readonly Node _end;

    /// <summary>
    /// Builds the lattice over the characters of the text; its nodes in the order of SentencePiece's, on which ties depend.
    /// </summary>
    public UnigramLattice(SentencePieceVocabulary vocabulary, ReadOnlySpan<byte> text)
    {
        _beginning = [.. Enumerable.Range(0, text.Length + 1).Select(_ => new List<Node>())];
        _ending = [.. Enumerable.Range(0, text.Length + 1).Select(_ => new List<Node>())];
        _begin = new(-1, -1, 0, 0);
        _end = new(-1, text.Length, -1, 0);
        _ending[0].Add(_begin);
        _beginning[text.Length].Add(_end);
        for (int start = 0; start < text.Length;)
        {
            int next = start + Math.Min(text.Length - start, text[start] switch { < 0xC0 => 1, < 0xE0 => 2, < 0xF0 => 3, _ => 4 });
            AddNodes(vocabulary, text, start, next);
            start = next;
        }

        Viterbi();
    }

    /// <summary>The best segmentations, best first, at most <paramref name="count"/>.</summary>
    public List<(Segment[] Segments, float Score)> Best(int count)
    {
        List<(Segment[], float)> results = [];
        MaxHeap agenda = new();
        agenda.Push(new(_end, null, 0, 0));
        while (agenda.Count > 0)
        {
            Hypothesis top = agenda.Pop();
            if (top.Node == _begin)
            {
                results.Add((Path(top), top.Value));
                if (results.Count == count) break;
                continue;
            }

            foreach (Node left in _ending[top.Node.Start])
            {
                agenda.Push(new(left, top, left.BestScore + top.ScoreSoFar, left.Score + top.ScoreSoFar));
            }

            if (agenda.Count >= MaxAgenda) agenda.Shrink(Math.Min(MinAgenda, count * 10));
        }

        return results;
    }

    private void AddNodes(SentencePieceVocabulary vocabulary, ReadOnlySpan<byte> text, int start, int next)
    {
        bool characterKnown = false;
        int trieNode = PieceTrie.Root;
        int characters = 0;
        for (int i = start; i < text.Length && vocabulary.Pieces.Step(ref trieNode, text[i], out int id); i++)
        {
            if ((text[i] & 0xC0) != 0x80) characters++;
            if (id < 0 || vocabulary.IsUnused(id)) continue;
            float score = vocabulary.IsUserDefined(id) ? (float)((characters * vocabulary.HighestScore) - 0.1) : vocabulary.Scores[id];
            Add(new(id, start, i + 1, score));
            characterKnown |= i + 1 == next;
        }

        if (!characterKnown) Add(new(vocabulary.Model.UnknownId, start, next, vocabulary.UnknownScore));
    }

    private void Add(Node node)
    {
        _beginning[node.Start].Add(node);
        _ending[node.End].Add(node);
    }

    private void Viterbi()
    {
        for (int place = 0; place < _beginning.Length; place++)
        {
            foreach (Node right in _beginning[place])
            {
                float best = 0;
                bool found = false;
                foreach (Node left in _ending[place])
                {
                    float score = left.BestScore + right.Score;
                    if (found && score <= best) continue;
                    best = score;
                    found = true;
                }

                right.BestScore = best;
            }
        }
    }

    private static Segment[] Path(Hypothesis hypothesis)
    {
        List<Segment> segments = [];
        for (Hypothesis node = hypothesis.Next!; node.Next is not null; node = node.Next)
            segments.Add(new(node.Node.Id, node.Node.Start, node.Node.End));
        return [.. segments];
    }

    // The binary heap of the C++ standard library, step for step, because equal values leave it in the order of its moves.
    private sealed class MaxHeap
    {
        private readonly List<Hypothesis> _items = [];

        public int Count => _items.Count;

        public void Push(Hypothesis item)
        {
            _items.Add(item);
            SiftUp(_items.Count - 1, item);
        }

        public Hypothesis Pop()
        {
            Hypothesis top = _items[0];
            Hypothesis last = _items[^1];
            _items.RemoveAt(_items.Count - 1);
            if (_items.Count == 0) return top;
            int hole = 0, child = 0, count = _items.Count;
            while (child < (count - 1) / 2)
            {
                child = 2 * (child + 1);
                if (_items[child].Value < _items[child - 1].Value) child--;
                _items[hole] = _items[child];
                hole = child;
            }

            if (count % 2 == 0 && child == (count - 2) / 2)
            {
                child = 2 * (child + 1);
                _items[hole] = _items[child - 1];
                hole = child - 1;
            }

            SiftUp(hole, last);
            return top;
        }

        public void Shrink(int size)
        {
            List<Hypothesis> kept = [];
            for (int i = 0; i < size && Count > 0; i++) kept.Add(Pop());
            _items.Clear();
            foreach (Hypothesis item in kept) Push(item);
        }

        private void SiftUp(int hole, Hypothesis item)
        {
            while (hole > 0 && _items[(hole - 1) / 2].Value < item.Value)
            {
                _items[hole] = _items[(hole - 1) / 2];
                hole = (hole - 1) / 2;
            }

            _items[hole] = item;
        }
    }
}
