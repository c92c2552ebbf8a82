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

    /// <summary><c>--tokenizer</c> of the commands that use one.</summary>
    public static Option<string> Required() => CommonFlags.Tokenizer.Required<string>(
        "a folder, a tokenizer.json, a vocab.txt, or a SentencePiece .model or .spm file");

    public static Option<bool> JsonLinesOption() =>
        new("--jsonl")
        {
            Description =
                "Each input line is a JSON record, each output line its answer; a line that is refused is answered with its error.",
        };
}
