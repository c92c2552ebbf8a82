using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace Graft.Tokenizers.SentencePiece;

/// <summary>
/// A token of a text: its id, the bytes of the normalized text it is (none for a byte piece), and the bytes of the original text it stands
/// for.
/// </summary>
internal readonly record struct SentencePieceToken(int Id, int NormalizedStart, int NormalizedEnd, int Start, int End);

/// <summary>Encodes texts with a plain SentencePiece model on one thread, in memory it keeps.</summary>
internal sealed class SentencePieceSession(SentencePieceVocabulary vocabulary)
{
    private readonly SentencePieceText _text = new(vocabulary.Model, vocabulary.UserDefined);
    private readonly SentencePieceSegmenter _segmenter = SentencePieceSegmenter.Create(vocabulary);
    private readonly List<Segment> _segments = [];
    private readonly List<SentencePieceToken> _tokens = [];

    /// <summary>True after a text so long that its memory is better given back than kept.</summary>
    public bool IsLarge => _text.Capacity > 1 << 22;

    /// <summary>The normalized text of the last call.</summary>
    public ReadOnlySpan<byte> Normalized => _text.Bytes;

    /// <summary>The tokens of the last call.</summary>
    public ReadOnlySpan<SentencePieceToken> Tokens => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>Encodes UTF-8 text; the answer is in <see cref="Tokens"/> until the next call.</summary>
    public void Encode(ReadOnlySpan<byte> text)
    {
        _text.Normalize(text);
        _segmenter.Segment(_text.Bytes, _segments);
        AddTokens(CollectionsMarshal.AsSpan(_segments));
    }

    /// <summary>Encodes UTF-8 text to ids alone.</summary>
    public void EncodeIds(ReadOnlySpan<byte> text, List<int> output)
    {
        _text.Normalize(text);
        _segmenter.Segment(_text.Bytes, _segments);
        int unknown = vocabulary.Model.UnknownId;
        bool afterUnknown = false;
        foreach (Segment segment in CollectionsMarshal.AsSpan(_segments))
        {
            bool isUnknown = segment.Id == unknown;
            if (isUnknown && vocabulary.Model.ByteFallback)
            {
                for (int i = segment.Start; i < segment.End; i++) output.Add(vocabulary.ByteId(_text.Bytes[i]));
            }
            else if (!(isUnknown && afterUnknown))
            {
                output.Add(segment.Id);
            }

            afterUnknown = isUnknown;
        }
    }

    /// <summary>
    /// The best segmentations of a text, best first; after each, <see cref="Tokens"/> holds its tokens. Unigram models only.
    /// </summary>
    public IEnumerable<float> Best(byte[] text, int count)
    {
        _text.Normalize(text);
        IEnumerable<(Segment[] Segments, float Score)> best =
            _text.Length == 0 ? [([], 0)] : new UnigramLattice(vocabulary, _text.Bytes).Best(count);
        foreach ((Segment[] segments, float score) in best)
        {
            AddTokens(segments);
            yield return score;
        }
    }

    // Neighbouring unknown pieces are one token; with byte fallback an unknown piece is its bytes, of which the last has its place in the
    // text.
    private void AddTokens(ReadOnlySpan<Segment> segments)
    {
        _tokens.Clear();
        ReadOnlySpan<int> origins = _text.Origins;
        bool afterUnknown = false;
        foreach (Segment segment in segments)
        {
            bool isUnknown = segment.Id == vocabulary.Model.UnknownId;
            (int start, int end) = (origins[segment.Start], origins[segment.End]);
            if (isUnknown && vocabulary.Model.ByteFallback)
            {
                for (int i = segment.Start; i < segment.End; i++)
                {
                    _tokens.Add(new(vocabulary.ByteId(_text.Bytes[i]), -1, -1, start, i == segment.End - 1 ? end : start));
                }
            }
            else if (isUnknown && afterUnknown)
            {
                ref SentencePieceToken last = ref CollectionsMarshal.AsSpan(_tokens)[^1];
                last = last with { NormalizedEnd = segment.End, End = end };
            }
            else
            {
                _tokens.Add(new(segment.Id, segment.Start, segment.End, start, end));
            }

            afterUnknown = isUnknown;
        }
    }
}
