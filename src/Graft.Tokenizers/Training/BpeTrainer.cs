using System.Runtime.InteropServices;
using System.Text;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.Training;

/// <summary>How to train a BPE vocabulary; the defaults are those of a byte-level one.</summary>
public sealed record BpeTrainerOptions
{
    /// <value>The number of tokens, special ones and single characters included.</value>
    public int VocabularySize { get; init; } = 30_000;

    /// <value>A pair seen less often than this is not joined.</value>
    public long MinFrequency { get; init; }

    /// <value>Bytes as the smallest unit (GPT-2, RoBERTa): every text can be written and nothing is unknown. Otherwise characters.</value>
    public bool ByteLevel { get; init; } = true;

    /// <value>Byte level: put a space before text that begins without one.</value>
    public bool AddPrefixSpace { get; init; }

    /// <value>
    /// The first tokens, in this order; null takes <c>&lt;s&gt; &lt;pad&gt; &lt;/s&gt; &lt;unk&gt; &lt;mask&gt;</c> (byte level) or
    /// <c>[UNK]</c>.
    /// </value>
    public IReadOnlyList<string>? SpecialTokens { get; init; }

    /// <value>Character level: the most single characters kept, the most frequent ones; null keeps all.</value>
    public int? LimitAlphabet { get; init; }

    /// <value>Character level: characters that are in the vocabulary whether or not the text has them.</value>
    public IReadOnlyList<string> InitialAlphabet { get; init; } = [];

    /// <value>The number of threads that read and split the text; the vocabulary does not depend on it.</value>
    public int Threads { get; init; } = Environment.ProcessorCount;

    internal IReadOnlyList<string> FirstTokens => SpecialTokens ?? (ByteLevel ? ["<s>", "<pad>", "</s>", "<unk>", "<mask>"] : ["[UNK]"]);

    /// <summary>Checks the values.</summary>
    /// <exception cref="InputException">A value is out of range; the message names it.</exception>
    public void Validate()
    {
        TrainerChecks.AtLeast("vocabulary_size", VocabularySize, 1);
        TrainerChecks.AtLeast("threads", Threads, 1);
        if (LimitAlphabet is int limit) TrainerChecks.AtLeast("limit_alphabet", limit, 1);
    }
}

/// <summary>
/// Trains BPE vocabularies as the reference does (Sennrich et al. 2016; byte level: Radford et al. 2019). <c>hug hugs</c> →
/// <c>g h s u hu hug hugs</c>.
/// Deterministic on any number of threads.
/// </summary>
public static class BpeTrainer
{
    /// <summary>
    /// Trains on files, one line an item; <c>.gz</c> is read as it is. The text is streamed and may be larger than memory.
    /// </summary>
    /// <exception cref="InputException">A file cannot be read, or an option is out of range.</exception>
    public static TrainedVocabulary TrainFromFiles(IReadOnlyList<string> files, BpeTrainerOptions? options = null) =>
        Train(Corpus.FromFiles(files), options ?? new());

    /// <summary>Trains on lines of text.</summary>
    /// <exception cref="InputException">An option is out of range.</exception>
    public static TrainedVocabulary Train(IEnumerable<string> lines, BpeTrainerOptions? options = null) =>
        Train(Corpus.FromLines(lines), options ?? new());

    private static TrainedVocabulary Train(Corpus corpus, BpeTrainerOptions options)
    {
        options.Validate();
        WordCounts words = WordSplitter.CountAll(
            corpus, () => options.ByteLevel ? new ByteLevelWords(options.AddPrefixSpace) : new PlainWords(), options.Threads);
        PairMerger merger = new([.. options.FirstTokens], string.Concat);
        if (options.ByteLevel) AddByteWords(words, merger);
        else AddCharacterWords(words, merger, options);
        merger.Run(options.VocabularySize, options.MinFrequency);
        return TrainedVocabulary.Bpe(merger.Vocabulary, merger.Merges, options);
    }

    private static void AddByteWords(WordCounts words, PairMerger merger)
    {
        int[] ids = new int[256];
        foreach (int value in Enumerable.Range(0, 256).OrderBy(b => ByteAlphabet.ToCharacter((byte)b)))
            ids[value] = merger.Add(ByteAlphabet.ToCharacter((byte)value).ToString());
        int[] symbols = new int[64];
        for (int w = 0; w < words.Count; w++)
        {
            ReadOnlySpan<byte> word = words.Word(w);
            if (symbols.Length < word.Length) symbols = new int[2 * word.Length];
            for (int i = 0; i < word.Length; i++) symbols[i] = ids[word[i]];
            merger.AddWord(symbols.AsSpan(0, word.Length), words.Frequency(w));
        }
    }

    private static void AddCharacterWords(WordCounts words, PairMerger merger, BpeTrainerOptions options)
    {
        Dictionary<Rune, int> ids = TrainingAlphabet
            .Of(words, options.InitialAlphabet, options.LimitAlphabet)
            .ToDictionary(rune => rune, rune => merger.Add(rune.ToString()));
        List<int> symbols = [];
        for (int w = 0; w < words.Count; w++)
        {
            symbols.Clear();
            for (ReadOnlySpan<byte> word = words.Word(w); !word.IsEmpty;)
            {
                Rune.DecodeFromUtf8(word, out Rune rune, out int length);
                word = word[length..];
                if (ids.TryGetValue(rune, out int id)) symbols.Add(id);
            }

            merger.AddWord(CollectionsMarshal.AsSpan(symbols), words.Frequency(w));
        }
    }
}
