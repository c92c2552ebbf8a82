namespace Graft.Tokenizers.Training;

/// <summary>How to train a Unigram vocabulary.</summary>
public sealed record UnigramTrainerOptions
{
    /// <value>The number of tokens, special ones included.</value>
    public int VocabularySize { get; init; } = 8_000;

    /// <value>The first tokens, in this order.</value>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["<pad>", "</s>", "<unk>"];

    /// <value>The special token for what no piece matches.</value>
    public string UnknownToken { get; init; } = "<unk>";

    /// <value>The share of pieces that a round of pruning keeps.</value>
    public double ShrinkingFactor { get; init; } = 0.75;

    /// <value>The most characters in a piece.</value>
    public int MaxPieceLength { get; init; } = 16;

    /// <value>Rounds of expectation and maximization before each pruning.</value>
    public int SubIterations { get; init; } = 2;

    /// <value>The most substrings to start from.</value>
    public int SeedSize { get; init; } = 1_000_000;

    /// <value>The number of threads; the vocabulary does not depend on it.</value>
    public int Threads { get; init; } = Environment.ProcessorCount;
}
