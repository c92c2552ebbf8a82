using System.Runtime.InteropServices;
using System.Text;
using Graft.Tokenizers.SentencePiece;

namespace Graft.Tokenizers.Training;

/// <summary>
/// The pieces of a Unigram model in training and what it makes of words. Pieces that training drops stay in the trie without a
/// score until it is worth building anew.
/// </summary>
internal sealed class UnigramModel
{
    private const double UnknownPenalty = 10;
    private readonly PieceTrie _trie;

    public UnigramModel(IReadOnlyList<(string Text, double Score)> pieces)
    {
        Pieces = [.. pieces.Select(piece => piece.Text)];
        Bytes = [.. Pieces.Select(System.Text.Encoding.UTF8.GetBytes)];
        Scores = [.. pieces.Select(piece => piece.Score)];
        Probabilities = new double[Scores.Length];
        _trie = new PieceTrie(Bytes.Select((bytes, id) => (bytes, id)));
        Refresh();
    }

    public string[] Pieces { get; }

    public byte[][] Bytes { get; }

    /// <summary>Log probabilities; NaN marks a piece that was dropped.</summary>
    public double[] Scores { get; }

    public double LowestScore { get; private set; }

    /// <summary>The probabilities that <see cref="Scores"/> are the logarithms of.</summary>
    public double[] Probabilities { get; }

    public double UnknownProbability { get; private set; }

    /// <summary>The pieces that have a score.</summary>
    public int Count { get; private set; }

    public double UnknownScore => LowestScore - UnknownPenalty;

    /// <summary>Call after scores have changed.</summary>
    public void Refresh()
    {
        LowestScore = double.MaxValue;
        Count = 0;
        for (int id = 0; id < Scores.Length; id++)
        {
            if (double.IsNaN(Scores[id])) continue;
            LowestScore = Math.Min(LowestScore, Scores[id]);
            Probabilities[id] = Math.Exp(Scores[id]);
            Count++;
        }

        UnknownProbability = Math.Exp(UnknownScore);
    }

    /// <summary>
    /// The pieces that a word's bytes from a place on begin with, as lattice edges; an unknown character is an edge with the id −1.
    /// </summary>
    public void EdgesFrom(ReadOnlySpan<byte> word, int start, int without, List<Edge> edges)
    {
        int characterEnd = Math.Min(word.Length, start + (word[start] switch { < 0xC0 => 1, < 0xE0 => 2, < 0xF0 => 3, _ => 4 }));
        bool characterKnown = false;
        int node = PieceTrie.Root;
        for (int end = start; end < word.Length && _trie.Step(ref node, word[end], out int id);)
        {
            end++;
            if (id < 0 || double.IsNaN(Scores[id])) continue;
            characterKnown |= end == characterEnd;
            if (id != without) edges.Add(new(start, end, id, Scores[id]));
        }

        if (!characterKnown) edges.Add(new(start, characterEnd, -1, UnknownScore));
    }

    internal readonly record struct Edge(int Start, int End, int Id, double Score);
}

/// <summary>The lattice of one word after another on one thread: the best path, and the expected count of every piece.</summary>
internal sealed class UnigramWordLattice(UnigramModel model)
{
    private const double SmallestTotal = 1e-250;
    private readonly List<UnigramModel.Edge> _edges = [];
    private readonly List<int> _path = [];
    private double[] _forward = new double[64];
    private double[] _backward = new double[64];
    private int[] _bestEdge = new int[64];

    /// <summary>Adds to <paramref name="expected"/> what each piece is expected to be used in the word, times its frequency.</summary>
    public void AddExpected(ReadOnlySpan<byte> word, double frequency, double[] expected)
    {
        Prepare(word, without: -1);
        Span<double> forward = _forward.AsSpan(0, word.Length + 1), backward = _backward.AsSpan(0, word.Length + 1);
        forward.Clear();
        backward.Clear();
        forward[0] = 1;
        backward[word.Length] = 1;
        ReadOnlySpan<UnigramModel.Edge> edges = CollectionsMarshal.AsSpan(_edges);
        foreach (ref readonly UnigramModel.Edge edge in edges) forward[edge.End] += forward[edge.Start] * Probability(edge.Id);
        double total = forward[word.Length];
        if (total < SmallestTotal)
        {
            AddExpectedOfLongWord(word.Length, frequency, expected);
            return;
        }

        for (int i = edges.Length - 1; i >= 0; i--)
        {
            ref readonly UnigramModel.Edge edge = ref edges[i];
            double rest = Probability(edge.Id) * backward[edge.End];
            backward[edge.Start] += rest;
            if (edge.Id >= 0) expected[edge.Id] += frequency * forward[edge.Start] * rest / total;
        }
    }

    // The same in logarithms, for words so long that their probability is no number.
    private void AddExpectedOfLongWord(int length, double frequency, double[] expected)
    {
        Span<double> forward = _forward.AsSpan(0, length + 1), backward = _backward.AsSpan(0, length + 1);
        forward.Fill(double.NegativeInfinity);
        backward.Fill(double.NegativeInfinity);
        forward[0] = 0;
        backward[length] = 0;
        foreach (UnigramModel.Edge edge in _edges) forward[edge.End] = LogSum(forward[edge.End], forward[edge.Start] + edge.Score);
        for (int i = _edges.Count - 1; i >= 0; i--)
        {
            UnigramModel.Edge edge = _edges[i];
            backward[edge.Start] = LogSum(backward[edge.Start], backward[edge.End] + edge.Score);
        }

        foreach (UnigramModel.Edge edge in _edges)
        {
            if (edge.Id >= 0)
                expected[edge.Id] += frequency * Math.Exp(forward[edge.Start] + edge.Score + backward[edge.End] - forward[length]);
        }
    }

    private double Probability(int id) => id < 0 ? model.UnknownProbability : model.Probabilities[id];

    /// <summary>
    /// The ids of the best path, without the piece <paramref name="without"/>, and its score; null when there is no path.
    /// </summary>
    public List<int>? BestPath(ReadOnlySpan<byte> word, int without, out double score)
    {
        Prepare(word, without);
        Span<double> best = _forward.AsSpan(0, word.Length + 1);
        best.Fill(double.NegativeInfinity);
        best[0] = 0;
        for (int i = 0; i < _edges.Count; i++)
        {
            UnigramModel.Edge edge = _edges[i];
            double candidate = best[edge.Start] + edge.Score;
            if (candidate <= best[edge.End]) continue;
            best[edge.End] = candidate;
            _bestEdge[edge.End] = i;
        }

        score = best[word.Length];
        if (double.IsNegativeInfinity(score)) return null;
        _path.Clear();
        for (int end = word.Length; end > 0; end = _edges[_bestEdge[end]].Start) _path.Add(_edges[_bestEdge[end]].Id);
        _path.Reverse();
        return _path;
    }

    private void Prepare(ReadOnlySpan<byte> word, int without)
    {
        if (_forward.Length <= word.Length)
        {
            _forward = new double[2 * word.Length];
            _backward = new double[2 * word.Length];
            _bestEdge = new int[2 * word.Length];
        }

        _edges.Clear();
        for (int start = 0; start < word.Length; start++)
        {
            if ((word[start] & 0xC0) != 0x80) model.EdgesFrom(word, start, without, _edges);
        }
    }

    private static double LogSum(double a, double b)
    {
        if (double.IsNegativeInfinity(a)) return b;
        if (double.IsNegativeInfinity(b)) return a;
        (double large, double small) = a > b ? (a, b) : (b, a);
        return large > small + 50 ? large : large + Math.Log(1 + Math.Exp(small - large));
    }
}
