using Graft.Corpus;

namespace Graft.Tests.Corpus;

/// <summary>A token a word, its id from the word's hash; 3 separates documents.</summary>
internal sealed class WordTokenizer(int vocabularySize = 5_000) : ICorpusTokenizer
{
    public int VocabularySize => vocabularySize;

    public int SeparatorId => 3;

    public string Fingerprint => $"words-{vocabularySize}";

    public void Encode(ReadOnlySpan<char> text, List<int> ids)
    {
        foreach (Range range in text.SplitAny(' ', '\n', '\t'))
        {
            if (!text[range].IsEmpty) ids.Add(Id(text[range]));
        }
    }

    public int Id(ReadOnlySpan<char> word)
    {
        ulong hash = 0;
        foreach (char c in word) hash = CounterRandom.Mix(hash ^ c);
        return 5 + (int)(hash % (ulong)(vocabularySize - 5));
    }
}
