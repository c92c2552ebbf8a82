using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Graft.Tokenizers.SentencePiece;

/// <summary>
/// The most probable segmentation (Kudo 2018): Viterbi over the places between characters, straight on UTF-8, with the arithmetic of
/// unigram_model.cc's EncodeOptimized: single precision, and of equal sums the one found first.
/// </summary>
internal sealed class UnigramSegmenter(SentencePieceVocabulary vocabulary) : SentencePieceSegmenter(vocabulary)
{
    // The best path that ends at a place: its score, where its last piece starts (−1: none yet), that piece.
    private struct Best
    {
        public float Score;
        public int Start;
        public int Id;
    }

    private readonly float[] _scores = vocabulary.Scores;
    private Best[] _best = new Best[256];

    public override void Segment(ReadOnlySpan<byte> text, List<Segment> output)
    {
        output.Clear();
        if (text.IsEmpty) return;
        if (_best.Length <= text.Length) _best = new Best[2 * text.Length];
        Span<Best> best = _best.AsSpan(0, text.Length + 1);
        best.Fill(new Best { Start = -1 });
        Forward(text, best);
        int count = 0;
        for (int end = text.Length; end > 0; end = best[end].Start) count++;
        CollectionsMarshal.SetCount(output, count);
        Span<Segment> segments = CollectionsMarshal.AsSpan(output);
        for (int end = text.Length; end > 0; end = best[end].Start) segments[--count] = new(best[end].Id, best[end].Start, end);
    }

    private void Forward(ReadOnlySpan<byte> text, Span<Best> places)
    {
        ref Best best = ref MemoryMarshal.GetReference(places);
        ref byte bytes = ref MemoryMarshal.GetReference(text);
        ref float scores = ref MemoryMarshal.GetArrayDataReference(_scores);
        PieceTrie pieces = Vocabulary.Pieces;
        int unknownId = Vocabulary.Model.UnknownId;
        float unknownScore = Vocabulary.UnknownScore;
        int characterLength;
        for (int start = 0; start < text.Length; start += characterLength)
        {
            float before = Unsafe.Add(ref best, start).Score;
            characterLength = CharacterLength(text, start);
            int characterEnd = start + characterLength;
            bool characterKnown = false;
            int node = PieceTrie.Root;
            for (int end = start; end < text.Length && pieces.Step(ref node, Unsafe.Add(ref bytes, end), out int id);)
            {
                end++;
                if (id < 0) continue;
                float score = Unsafe.Add(ref scores, id);
                if (float.IsNaN(score))
                {
                    if (Vocabulary.IsUnused(id)) continue;
                    score = (float)(((end - start) * Vocabulary.HighestScore) - 0.1);
                }

                score += before;
                ref Best target = ref Unsafe.Add(ref best, end);
                if (target.Start < 0 || score > target.Score)
                {
                    target.Score = score;
                    target.Start = start;
                    target.Id = id;
                }

                characterKnown |= end == characterEnd;
            }

            if (characterKnown) continue;
            ref Best next = ref Unsafe.Add(ref best, characterEnd);
            float unknown = unknownScore + before;
            if (next.Start < 0 || unknown > next.Score)
            {
                next.Score = unknown;
                next.Start = start;
                next.Id = unknownId;
            }
        }
    }
}
