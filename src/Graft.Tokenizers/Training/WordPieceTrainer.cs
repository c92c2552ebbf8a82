using System.Text;

namespace Graft.Tokenizers.Training;

/// <summary>How to train a WordPiece vocabulary; the defaults are those of an uncased BERT.</summary>
public sealed record WordPieceTrainerOptions
{
    /// <value>The number of tokens, special ones and single letters included.</value>
    public int VocabularySize { get; init; } = 30_000;

    /// <value>A pair of pieces seen less often than this is not joined.</value>
    public long MinFrequency { get; init; }

    /// <value>The most single characters kept, the most frequent ones; null keeps all.</value>
    public int? LimitAlphabet { get; init; }

    /// <value>Characters that are in the vocabulary whether or not the text has them.</value>
    public IReadOnlyList<string> InitialAlphabet { get; init; } = [];

    /// <value>The first tokens, in this order; the five BERT knows must be among them.</value>
    public IReadOnlyList<string> SpecialTokens { get; init; } = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

    /// <value>What marks a piece that continues a word.</value>
    public string ContinuingPrefix { get; init; } = "##";

    /// <value>Lower-case the text.</value>
    public bool LowerCase { get; init; } = true;

    /// <value>Strip accents; null does as <see cref="LowerCase"/> does.</value>
    public bool? StripAccents { get; init; }

    /// <value>Drop control characters.</value>
    public bool CleanText { get; init; } = true;

    /// <value>Make every CJK ideograph a word of its own.</value>
    public bool HandleChineseChars { get; init; } = true;

    /// <value>The number of threads that read and split the text; the vocabulary does not depend on it.</value>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Checks the values.</summary>
    /// <exception cref="InputException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        TrainerChecks.AtLeast("vocabulary_size", VocabularySize, 1);
        TrainerChecks.AtLeast("threads", Threads, 1);
        if (LimitAlphabet is int limit)
            TrainerChecks.AtLeast("limit_alphabet", limit, 1);
        if (!SpecialTokens.Contains("[UNK]", StringComparer.Ordinal))
            throw new InputException("special_tokens: WordPiece needs \"[UNK]\" among them");
    }
}

/// <summary>
/// Trains WordPiece vocabularies as the reference does: the most frequent pair is joined, letters after the first are marked, and joining
/// drops the right part's mark. <c>hug hugs</c> → <c>h ##u ##g ##s hu hug hugs</c>. Deterministic: the same text gives the same vocabulary
/// on any number of threads.
/// </summary>
public static class WordPieceTrainer
{
    /// <summary>
    /// Trains on files, one line an item; <c>.gz</c> is read as it is. The text is streamed and may be larger than memory.
    /// </summary>
    /// <exception cref="InputException">A file cannot be read, or an option is out of range.</exception>
    public static TrainedVocabulary TrainFromFiles(IReadOnlyList<string> files, WordPieceTrainerOptions? options = null) =>
        Train(Corpus.FromFiles(files), options ?? new());

    /// <summary>Trains on lines of text.</summary>
    /// <exception cref="InputException">An option is out of range.</exception>
    public static TrainedVocabulary Train(IEnumerable<string> lines, WordPieceTrainerOptions? options = null) =>
        Train(Corpus.FromLines(lines), options ?? new());

    private static TrainedVocabulary Train(Corpus corpus, WordPieceTrainerOptions options)
    {
        options.Validate();
        WordCounts words = WordSplitter.CountAll(
            corpus,
            () =>
                new BertWords(options.CleanText, options.HandleChineseChars, options.StripAccents ?? options.LowerCase, options.LowerCase),
            options.Threads
        );
        string prefix = options.ContinuingPrefix;
        PairMerger merger = new([.. options.SpecialTokens], (left, right) => left + Unmarked(right));
        List<Rune> alphabet = TrainingAlphabet.Of(words, options.InitialAlphabet, options.LimitAlphabet);
        Dictionary<Rune, int> initials = alphabet.ToDictionary(rune => rune, rune => merger.Add(rune.ToString()));
        Dictionary<Rune, int> continuations = Continuations(words, initials, merger, prefix);

        List<int> symbols = [];
        for (int w = 0; w < words.Count; w++)
        {
            symbols.Clear();
            ReadOnlySpan<byte> word = words.Word(w);
            for (bool first = true; !word.IsEmpty; first = false)
            {
                Rune.DecodeFromUtf8(word, out Rune rune, out int length);
                word = word[length..];
                if (initials.TryGetValue(rune, out int id)) symbols.Add(first ? id : continuations[rune]);
            }

            merger.AddWord(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(symbols), words.Frequency(w));
        }

        merger.Run(options.VocabularySize, options.MinFrequency);
        return TrainedVocabulary.WordPiece(merger.Vocabulary, options);

        string Unmarked(string token) => token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : token;
    }

    // The letters that occur after another, by code point. (The reference numbers them in the order of a hash table.)
    private static Dictionary<Rune, int> Continuations(WordCounts words, Dictionary<Rune, int> initials, PairMerger merger, string prefix)
    {
        HashSet<Rune> seen = [];
        for (int w = 0; w < words.Count; w++)
        {
            ReadOnlySpan<byte> word = words.Word(w);
            Rune.DecodeFromUtf8(word, out _, out int length);
            for (word = word[length..]; !word.IsEmpty; word = word[length..])
            {
                Rune.DecodeFromUtf8(word, out Rune rune, out length);
                if (initials.ContainsKey(rune)) seen.Add(rune);
            }
        }

        return seen.Order().ToDictionary(rune => rune, rune => merger.Add(prefix + rune));
    }
}
