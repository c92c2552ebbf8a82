using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Graft.Tokenizers.SentencePiece;

/// <summary>
/// Segments short words by themselves, joining the best pair found by looking at all of them, and remembers the answers in a table of fixed
/// size: words recur, and a recurring word costs one comparison.
/// </summary>
internal sealed class BpeWordCache(SentencePieceVocabulary vocabulary)
{
    private const int MaxBytes = 24;
    private const int Slots = 1 << 14;

    private struct Entry
    {
        public ulong First;
        public ulong Second;
        public ulong Third;
        public ulong Ends;
    }

    // Of a word's pieces: where they end, as bits, in the entry; their ids here, MaxBytes a slot.
    private readonly Entry[] _entries = new Entry[Slots];
    private readonly int[] _ids = new int[Slots * MaxBytes];
    private readonly int[] _ends = new int[MaxBytes + 1];
    private readonly float[] _scores = new float[MaxBytes + 1];

    /// <summary>
    /// Appends the segments of the word from <paramref name="start"/> to <paramref name="end"/>; false when it is too long.
    /// </summary>
    public bool TrySegment(ReadOnlySpan<byte> text, int start, int end, List<Segment> output)
    {
        int length = end - start;
        if (length > MaxBytes) return false;
        Span<byte> padded = stackalloc byte[MaxBytes];
        padded.Clear();
        text.Slice(start, length).CopyTo(padded);
        ulong first = BinaryPrimitives.ReadUInt64LittleEndian(padded);
        ulong second = BinaryPrimitives.ReadUInt64LittleEndian(padded[8..]);
        ulong third = BinaryPrimitives.ReadUInt64LittleEndian(padded[16..]);
        ulong hash = (first * 0x9E3779B97F4A7C15) ^ (second * 0xC2B2AE3D27D4EB4F) ^ (third * 0x165667B19E3779F9);
        int slot = (int)((hash * 0x9E3779B97F4A7C15) >> 50);
        ref Entry entry = ref _entries[slot];
        Span<int> ids = _ids.AsSpan(slot * MaxBytes, MaxBytes);
        if (entry.Ends >> (length - 1) != 1 || entry.First != first || entry.Second != second || entry.Third != third)
        {
            entry = new Entry { First = first, Second = second, Third = third, Ends = Segment(text.Slice(start, length), ids) };
        }

        int piece = 0, pieceStart = start;
        for (ulong ends = entry.Ends; ends != 0; ends &= ends - 1)
        {
            int pieceEnd = start + System.Numerics.BitOperations.TrailingZeroCount(ends) + 1;
            output.Add(new(ids[piece++], pieceStart, pieceEnd));
            pieceStart = pieceEnd;
        }

        return true;
    }

    // The ends of the pieces, bit i for an end after byte i.
    private ulong Segment(ReadOnlySpan<byte> word, Span<int> ids)
    {
        int count = 0;
        for (int end = 0; end < word.Length;)
        {
            end = Math.Min(word.Length, end + (word[end] switch { < 0xC0 => 1, < 0xE0 => 2, < 0xF0 => 3, _ => 4 }));
            _ends[count++] = end;
        }

        for (int i = 0; i + 1 < count; i++) _scores[i] = JointScore(word, i);
        while (count > 1)
        {
            int best = 0;
            for (int i = 1; i + 1 < count; i++)
            {
                if (_scores[i] > _scores[best]) best = i;
            }

            if (float.IsNegativeInfinity(_scores[best])) break;
            for (int i = best; i + 1 < count; i++)
            {
                _ends[i] = _ends[i + 1];
                _scores[i] = _scores[i + 1];
            }

            count--;
            if (best > 0) _scores[best - 1] = JointScore(word, best - 1);
            if (best + 1 < count) _scores[best] = JointScore(word, best);
        }

        ulong ends = 0;
        for (int i = 0, start = 0; i < count; i++)
        {
            ids[i] = vocabulary.Find(word[start.._ends[i]]);
            ends |= 1UL << (_ends[i] - 1);
            start = _ends[i];
        }

        return ends;
    }

    // The score of the piece that symbol i and the next one make; −∞ when they make none.
    private float JointScore(ReadOnlySpan<byte> word, int i)
    {
        int id = vocabulary.Pieces.Find(word[(i == 0 ? 0 : _ends[i - 1]).._ends[i + 1]]);
        return id < 0 ? float.NegativeInfinity : vocabulary.Model.Pieces[id].Score;
    }
}
