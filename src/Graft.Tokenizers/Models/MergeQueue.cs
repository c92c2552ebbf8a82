using System.Runtime.InteropServices;

namespace Graft.Tokenizers.Models;

/// <summary>A merge that may be made: which, and the place of its left symbol.</summary>
internal readonly record struct Candidate(int Rank, int Position, int Id) : IComparable<Candidate>
{
    public int CompareTo(Candidate other) => Rank != other.Rank ? Rank.CompareTo(other.Rank) : Position.CompareTo(other.Position);
}

/// <summary>
/// The merges that wait, lowest rank first, then leftmost. Those of short pieces lie in a heap. A heap of millions jumps about in memory;
/// the candidates of a long piece are kept by rank, where they come nearly in order and are walked like the text.
/// </summary>
internal sealed class MergeQueue
{
    private const int ShortPiece = 1024;

    private sealed class Positions
    {
        public List<int> Waiting { get; } = [];

        public int Next { get; set; }

        public bool IsSorted { get; set; } = true;

        public int Id { get; set; }
    }

    private readonly MinHeap<Candidate> _short = new();
    private readonly MinHeap<int> _ranks = new();
    private readonly Dictionary<int, Positions> _byRank = [];
    private readonly Stack<Positions> _free = [];
    private bool _isLong;

    /// <summary>Starts with a piece of so many symbols; nothing waits.</summary>
    public void Begin(int symbols) => _isLong = symbols > ShortPiece;

    public void Push(Candidate candidate)
    {
        if (!_isLong)
        {
            _short.Push(candidate);
            return;
        }

        ref Positions? positions = ref CollectionsMarshal.GetValueRefOrAddDefault(_byRank, candidate.Rank, out _);
        if (positions is null)
        {
            positions = _free.TryPop(out Positions? free) ? free : new();
            positions.Id = candidate.Id;
            _ranks.Push(candidate.Rank);
        }

        positions.IsSorted &= positions.Waiting.Count == 0 || positions.Waiting[^1] <= candidate.Position;
        positions.Waiting.Add(candidate.Position);
    }

    public bool TryPop(out Candidate candidate)
    {
        if (!_isLong) return _short.TryPop(out candidate);
        if (!_ranks.TryPeek(out int rank))
        {
            candidate = default;
            return false;
        }

        Positions positions = _byRank[rank];
        if (!positions.IsSorted) CollectionsMarshal.AsSpan(positions.Waiting)[positions.Next..].Sort();
        positions.IsSorted = true;
        candidate = new(rank, positions.Waiting[positions.Next++], positions.Id);
        if (positions.Next == positions.Waiting.Count) Drop(rank, positions);
        return true;
    }

    private void Drop(int rank, Positions positions)
    {
        _ranks.TryPop(out _);
        _byRank.Remove(rank);
        positions.Waiting.Clear();
        positions.Next = 0;
        _free.Push(positions);
    }
}
