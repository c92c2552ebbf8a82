namespace Graft.Corpus.Duplicates;

/// <summary>
/// Says of a key that it was certainly not added, or may have been: four bits of one cache line each. 64 MB, touched as it fills; of 30
/// million keys that were not added (5 GB of short documents) it takes, by calculation, about one in five hundred for one that was.
/// </summary>
internal sealed class KeyFilter
{
    private const int LineBits = 20, WordsInLine = 8;
    private readonly ulong[] _words = new ulong[WordsInLine << LineBits];

    public void Add(ulong key)
    {
        Span<ulong> line = Line(key);
        for (int i = 0; i < 4; i++, key >>= 9) line[(int)(key >> 6) & (WordsInLine - 1)] |= 1ul << (int)(key & 63);
    }

    public bool MayHold(ulong key)
    {
        Span<ulong> line = Line(key);
        bool all = true;
        for (int i = 0; i < 4; i++, key >>= 9) all &= (line[(int)(key >> 6) & (WordsInLine - 1)] & (1ul << (int)(key & 63))) != 0;
        return all;
    }

    // By the highest bits; the four places are made of the lowest.
    private Span<ulong> Line(ulong key) => _words.AsSpan((int)(key >> (64 - LineBits)) * WordsInLine, WordsInLine);
}
