using Graft.Generation;

namespace Graft.Tests.Generation;

/// <summary>A language model small enough to search exhaustively: the next token's scores depend on the last token only.</summary>
internal sealed class MarkovState(float[,] logits, int[] lastTokens) : IDecodingState
{
    private int[] _last = lastTokens;

    public int Rows => _last.Length;

    public int VocabularySize => logits.GetLength(1);

    public void Start(Span<float> scores) => Write(scores);

    public void Append(ReadOnlySpan<int> tokens, Span<float> scores)
    {
        _last = tokens.ToArray();
        Write(scores);
    }

    public void Select(ReadOnlySpan<int> sources)
    {
        int[] before = _last;
        _last = [.. sources.ToArray().Select(source => before[source])];
    }

    public void Dispose()
    {
    }

    private void Write(Span<float> scores)
    {
        for (int row = 0; row < _last.Length; row++)
        {
            for (int token = 0; token < VocabularySize; token++) scores[(row * VocabularySize) + token] = logits[_last[row], token];
        }
    }
}
