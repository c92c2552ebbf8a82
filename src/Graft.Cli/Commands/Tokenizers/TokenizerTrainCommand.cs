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
        Description = "wordpiece (BERT), bpe (GPT-2, RoBERTa) or unigram (T5, ALBERT).",
        HelpName = "TYPE",
        Required = true,
    };
    private static readonly Option<int> s_size = new("--vocab-size")
    {
        Description = "The number of tokens.",
        HelpName = "N",
        DefaultValueFactory = _ => 30_000,
    };
    private static readonly Option<string[]> s_input = new("--input")
    {
        Description = "Text files, one line an item; .gz is read as it is.",
        HelpName = "F",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };
    private static readonly Option<string> s_output = new("--output")
    {
        Description = "The folder to write.",
        HelpName = "DIR",
        Required = true,
    };
    private static readonly Option<long> s_minFrequency = new("--min-frequency")
    {
        Description = "wordpiece, bpe: pairs seen less often are not joined.",
        HelpName = "N",
        DefaultValueFactory = _ => 2,
    };
    private static readonly Option<int?> s_limitAlphabet = new("--limit-alphabet")
    {
        Description = "wordpiece, bpe --characters: the most single characters kept.",
        HelpName = "N",
    };
    private static readonly Option<string[]> s_special = new("--special-tokens")
    {
        Description = "The first tokens, in this order, instead of the family's own.",
        HelpName = "TOKEN",
        AllowMultipleArgumentsPerToken = true,
    };
    private static readonly Option<bool> s_cased = new("--cased") { Description = "wordpiece: keep case and accents." };
    private static readonly Option<bool> s_characters = new("--characters")
    {
        Description = "bpe: start from characters instead of bytes.",
    };
    private static readonly Option<int> s_threads = new("--threads")
    {
        Description = "Threads to read and count with; the vocabulary does not depend on it.",
        HelpName = "N",
        DefaultValueFactory = _ => Environment.ProcessorCount,
    };
    private static readonly Option<bool> s_stats = new("--stats")
    {
        Description = "Afterwards, print tokens a word and the like, measured on the input.",
    };

    public static Command Create()
    {
        s_type.AcceptOnlyFromAmong("wordpiece", "bpe", "unigram");
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
        (int size, int threads) = (parsed.GetValue(s_size), parsed.GetValue(s_threads));
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
