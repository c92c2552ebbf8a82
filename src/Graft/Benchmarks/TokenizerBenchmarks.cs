using Graft.Tokenizers;
using Graft.Tokenizers.Training;

namespace Graft.Benchmarks;

/// <summary>
/// Tokenizers on a text file (--input), one thread, ids only, a line at a time. The tokenizer is that of --model (a folder or file), or one
/// of 8,192 entries trained on the file first.
/// </summary>
internal static class TokenizerBenchmarks
{
    private const int Vocabulary = 8192;

    /// <summary>tokenize-wordpiece: MB of UTF-8 a second.</summary>
    public static Measurement WordPiece(BenchmarkOptions options) =>
        Run(options, file => WordPieceTrainer.TrainFromFiles([file], new WordPieceTrainerOptions { VocabularySize = Vocabulary }));

    /// <summary>tokenize-byte-bpe: MB of UTF-8 a second.</summary>
    public static Measurement ByteBpe(BenchmarkOptions options) =>
        Run(options, file => BpeTrainer.TrainFromFiles([file], new BpeTrainerOptions { VocabularySize = Vocabulary }));

    /// <summary>tokenize-unigram: MB of UTF-8 a second.</summary>
    public static Measurement Unigram(BenchmarkOptions options) =>
        Run(options, file => UnigramTrainer.TrainFromFiles([file], new UnigramTrainerOptions { VocabularySize = Vocabulary }));

    private static Measurement Run(BenchmarkOptions options, Func<string, TrainedVocabulary> train)
    {
        if (options.Input is null) throw new InputException("the tokenizer benchmarks need `input` FILE");
        if (!File.Exists(options.Input)) throw new InputException($"{options.Input}: no such file");
        string[] lines = [.. File.ReadLines(options.Input).Where(line => !string.IsNullOrWhiteSpace(line))];
        if (lines.Length == 0) throw new InputException($"{options.Input}: there is no text in it");
        Tokenizer tokenizer = options.Model is null
            ? Tokenizer.FromJson(System.Text.Encoding.UTF8.GetBytes(train(options.Input).ToTokenizerJson()))
            : Tokenizer.Load(options.Model);
        double megabytes = lines.Sum(line => (long)System.Text.Encoding.UTF8.GetByteCount(line)) / 1e6;
        TokenBuffer tokens = new();
        double seconds = BenchmarkRunner.Fastest(
            () =>
            {
                foreach (string line in lines) tokenizer.Encode(line, tokens);
            },
            options.Repetitions);
        return new Measurement(seconds, 0, megabytes / seconds, "MB/s");
    }
}
