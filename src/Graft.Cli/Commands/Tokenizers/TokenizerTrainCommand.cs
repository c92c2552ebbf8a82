using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Graft.Tokenizers.Training;

namespace Graft.Cli.Commands.Tokenizers;

/// <summary><c>graft tokenizer train</c>: a vocabulary from text files.</summary>
internal static class TokenizerTrainCommand
{
    private static readonly Option<string> s_type = new("--type")
    {
        Description = "The kind of vocabulary: wordpiece (BERT), bpe (GPT-2, RoBERTa) or unigram (T5, ALBERT).",
        HelpName = "TYPE",
        Required = true,
    };
    private static readonly Option<int> s_size = new("--vocab-size")
    {
        Description = "The number of tokens.",
        HelpName = "N",
        DefaultValueFactory = _ => 30_000,
    };
    private static readonly Option<string[]> s_input = CommonFlags.Input.Required<string[]>(
        "text files, one line an item; .gz is read as it is");
    private static readonly Option<string> s_output = CommonFlags.Output.Required<string>("a folder", "DIR");
    private static readonly Option<long> s_minFrequency = new("--min-frequency")
    {
        Description = "How often a pair must be seen to be joined, for wordpiece and bpe.",
        HelpName = "N",
        DefaultValueFactory = _ => 2,
    };
    private static readonly Option<int?> s_limitAlphabet = new("--limit-alphabet")
    {
        Description = "The most single characters that are kept, for wordpiece and bpe --characters; all otherwise.",
        HelpName = "N",
    };
    private static readonly Option<string[]> s_special = new("--special-tokens")
    {
        Description = "The first tokens, in this order; the family's own otherwise.",
        HelpName = "TOKEN",
        AllowMultipleArgumentsPerToken = true,
    };
    private static readonly Option<bool> s_cased = new("--cased") { Description = "Keep case and accents, for wordpiece." };
    private static readonly Option<bool> s_characters = new("--characters")
    {
        Description = "Start from characters instead of bytes, for bpe.",
    };
    private static readonly Option<int?> s_threads = CommonFlags.Threads();
    private static readonly Option<bool> s_stats = CommonFlags.Statistics.Optional<bool>("those of the input with the new vocabulary");

    public static Command Create()
    {
        s_type.AcceptOnlyFromAmong("wordpiece", "bpe", "unigram");
        s_input.AllowMultipleArgumentsPerToken = true;
        Command command = new("train", "Train a vocabulary from text files; writes tokenizer.json and the classic files.")
        {
            s_type,
            s_size,
            s_input,
            s_output,
            s_minFrequency,
            s_limitAlphabet,
            s_special,
            s_cased,
            s_characters,
            s_threads,
            s_stats,
            OptionSources.ConfigOption(),
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string[] files = parsed.GetValue(s_input)!;
        foreach (string file in files)
        {
            if (!File.Exists(file)) throw new InputException($"--input {file}: there is no such file");
        }

        Stopwatch watch = Stopwatch.StartNew();
        TrainedVocabulary vocabulary = Train(parsed, files);
        if (vocabulary.Tokens.Count == 0) throw new InputException("--input: the files hold no text");
        string folder = parsed.GetValue(s_output)!;
        vocabulary.Save(folder);
        Terminal.Log(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{vocabulary.Tokens.Count} tokens in {watch.Elapsed.TotalSeconds:F1} s, written to {folder}"
            )
        );
        if (parsed.GetValue(s_stats))
            PrintStatistics(folder, files);
        return ExitCodes.Ok;
    }

    private static TrainedVocabulary Train(ParseResult parsed, string[] files)
    {
        string[]? special = parsed.GetValue(s_special) is { Length: > 0 } given ? given : null;
        (int size, int threads) = (parsed.GetValue(s_size), parsed.GetValue(s_threads) ?? Environment.ProcessorCount);
        switch (parsed.GetValue(s_type))
        {
            case "wordpiece":
                WordPieceTrainerOptions wordPiece = new()
                {
                    VocabularySize = size,
                    Threads = threads,
                    MinFrequency = parsed.GetValue(s_minFrequency),
                    LimitAlphabet = parsed.GetValue(s_limitAlphabet),
                    LowerCase = !parsed.GetValue(s_cased),
                };
                return WordPieceTrainer.TrainFromFiles(files, special is null ? wordPiece : wordPiece with { SpecialTokens = special });
            case "bpe":
                return BpeTrainer.TrainFromFiles(files, new()
                {
                    VocabularySize = size,
                    Threads = threads,
                    MinFrequency = parsed.GetValue(s_minFrequency),
                    LimitAlphabet = parsed.GetValue(s_limitAlphabet),
                    ByteLevel = !parsed.GetValue(s_characters),
                    SpecialTokens = special,
                });
            default:
                UnigramTrainerOptions unigram = new() { VocabularySize = size, Threads = threads };
                return UnigramTrainer.TrainFromFiles(files, special is null ? unigram : unigram with { SpecialTokens = special });
        }
    }

    private static void PrintStatistics(string folder, string[] files)
    {
        TokenCodec codec = TokenCodec.Load(folder);
        TokenStatistics statistics = new(maxLength: null);
        foreach (string file in files)
        {
            using LineInput input = LineInput.Open(file);
            while (input.Read() is string line) codec.Count(line, null, new(), statistics);
        }

        statistics.Print();
    }
}
