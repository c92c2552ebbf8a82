namespace Graft.Tokenizers.Training;

/// <summary>How to train a Unigram vocabulary.</summary>
public sealed record UnigramTrainerOptions
{
    /// <value>The number of tokens, special ones included.</value>
    public int VocabularySize { get; init; } = 8_000;

    /// <value>The first tokens, in this order; <see cref="UnknownToken"/> is put before them when it is not among them.</value>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["<pad>", "</s>", "<unk>"];

    /// <value>The special token for what no piece matches.</value>
    public string UnknownToken { get; init; } = "<unk>";

    /// <value>The share of pieces that a round of pruning keeps.</value>
    public double ShrinkingFactor { get; init; } = 0.75;

    /// <value>The most characters in a piece.</value>
    public int MaxPieceLength { get; init; } = 16;

    /// <value>Rounds of expectation and maximization before each pruning.</value>
    public int SubIterations { get; init; } = 2;

    /// <value>The most pieces to start from.</value>
    public int SeedSize { get; init; } = 1_000_000;

    /// <value>The number of threads; the vocabulary does not depend on it.</value>
    public int Threads { get; init; } = Environment.ProcessorCount;

    internal IReadOnlyList<string> FirstTokens =>
        SpecialTokens.Contains(UnknownToken, StringComparer.Ordinal) ? SpecialTokens : [UnknownToken, .. SpecialTokens];

    /// <summary>Checks the values.</summary>
    /// <exception cref="InputException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        TrainerChecks.AtLeast("vocabulary_size", VocabularySize, FirstTokens.Count + 1);
        TrainerChecks.AtLeast("max_piece_length", MaxPieceLength, 1);
        TrainerChecks.AtLeast("sub_iterations", SubIterations, 1);
        TrainerChecks.AtLeast("seed_size", SeedSize, 1);
        TrainerChecks.AtLeast("threads", Threads, 1);
        if (ShrinkingFactor is not (> 0 and < 1))
            throw new InputException(
                $"shrinking_factor: {ShrinkingFactor.ToString(System.Globalization.CultureInfo.InvariantCulture)} is not between 0 and 1"
            );
    }
}

/// <summary>
/// Trains Unigram vocabularies as the reference does (Kudo 2018, section 3.2): many pieces to begin with, then rounds of expectation and
/// maximization and of dropping the pieces whose loss costs the likelihood least, until 1.1 × the size; then the best of them. Every
/// character is kept.
/// Deterministic on any number of threads.
/// </summary>
public static class UnigramTrainer
{
    /// <summary>
    /// Trains on files, one line an item; <c>.gz</c> is read as it is. The text is streamed; its distinct words are kept in memory.
    /// </summary>
    /// <exception cref="InputException">A file cannot be read, or an option is out of range.</exception>
    public static TrainedVocabulary TrainFromFiles(IReadOnlyList<string> files, UnigramTrainerOptions? options = null) =>
        Train(Corpus.FromFiles(files), options ?? new());

    /// <summary>Trains on lines of text.</summary>
    /// <exception cref="InputException">An option is out of range.</exception>
    public static TrainedVocabulary Train(IEnumerable<string> lines, UnigramTrainerOptions? options = null) =>
        Train(Corpus.FromLines(lines), options ?? new());

    private static TrainedVocabulary Train(Corpus corpus, UnigramTrainerOptions options)
    {
        options.Validate();
        WordCounts words = WordSplitter.CountAll(corpus, () => new MetaspaceWords(), options.Threads);
        List<string> characters = [.. TrainingAlphabet.Of(words, [], limit: null).Select(rune => rune.ToString())];
        if (characters.Count > options.VocabularySize - options.FirstTokens.Count)
            throw new InputException(
                $"vocabulary_size: {options.VocabularySize} is smaller than the {characters.Count} characters of the text and the "
                    + $"special tokens"
            );

        UnigramRounds rounds = new(words, SeedPieces.Of(words, options), options);
        rounds.Run();
        return Finish(rounds.Model, characters, options);
    }

    // Every character, then the best pieces as they stand, to the size asked for; by score.
    private static TrainedVocabulary Finish(UnigramModel model, List<string> characters, UnigramTrainerOptions options)
    {
        const double PenaltyStep = 0.0001;
        Dictionary<string, double> scores = new(StringComparer.Ordinal);
        for (int id = 0; id < model.Pieces.Length; id++)
        {
            if (!double.IsNaN(model.Scores[id])) scores[model.Pieces[id]] = model.Scores[id];
        }

        List<(string Text, double Score)> chosen = [];
        HashSet<string> taken = new(StringComparer.Ordinal);
        double penalty = 0;
        foreach (string character in characters)
        {
            taken.Add(character);
            if (scores.TryGetValue(character, out double score))
            {
                chosen.Add((character, score));
                continue;
            }

            chosen.Add((character, model.LowestScore + penalty));
            penalty += PenaltyStep;
        }

        int size = options.VocabularySize - options.FirstTokens.Count;
        for (int id = 0; id < model.Pieces.Length && chosen.Count < size; id++)
        {
            if (!double.IsNaN(model.Scores[id]) && taken.Add(model.Pieces[id])) chosen.Add((model.Pieces[id], model.Scores[id]));
        }

        (string Text, double Score)[] sorted = [.. chosen.OrderByDescending(piece => piece.Score)];
        return TrainedVocabulary.Unigram(
            [.. options.FirstTokens, .. sorted.Select(piece => piece.Text)],
            [.. options.FirstTokens.Select(_ => 0.0), .. sorted.Select(piece => piece.Score)],
            options);
    }
}
