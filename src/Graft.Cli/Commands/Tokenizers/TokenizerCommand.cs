using System.CommandLine;

namespace Graft.Cli.Commands.Tokenizers;

/// <summary><c>graft tokenizer</c>: train, use and look at tokenizers.</summary>
internal static class TokenizerCommand
{
    public static Command Create() => new("tokenizer", "Train, use and inspect tokenizers.")
    {
        TokenizerTrainCommand.Create(),
        TokenizerEncodeCommand.Create(),
        TokenizerDecodeCommand.Create(),
        TokenizerInspectCommand.Create(),
    };

    public static Option<string> TokenizerOption() => new("--tokenizer")
    {
        Description = "A folder with a tokenizer, a tokenizer.json, a vocab.txt, or a SentencePiece .model or .spm file.",
        HelpName = "DIR|FILE",
        Required = true,
    };

    public static Option<string> InputOption() =>
        new("--input")
        {
            Description = "The file to read, line by line; - is standard input.",
            HelpName = "F|-",
            Required = true,
        };

    public static Option<string> OutputOption() =>
        new("--output")
        {
            Description = "The file to write; - is standard output.",
            HelpName = "F|-",
            DefaultValueFactory = _ => "-",
        };

    public static Option<bool> JsonLinesOption() =>
        new("--jsonl")
        {
            Description =
                "Each input line is a JSON record, each output line its answer; a line that is refused is answered with its error.",
        };

    public static Option<int> ThreadsOption()
    {
        Option<int> threads = new("--threads")
        {
            Description = "Threads to work with; the output does not depend on it.",
            HelpName = "N",
            DefaultValueFactory = _ => Environment.ProcessorCount,
        };
        threads.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1) result.AddError("--threads must be 1 or more");
        });
        return threads;
    }
}
