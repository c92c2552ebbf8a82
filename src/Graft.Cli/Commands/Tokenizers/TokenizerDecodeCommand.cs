using System.CommandLine;
using System.Globalization;

namespace Graft.Cli.Commands.Tokenizers;

/// <summary><c>graft tokenizer decode</c>: ids to text.</summary>
internal static class TokenizerDecodeCommand
{
    private static readonly Option<string> s_tokenizer = TokenizerCommand.Required();
    private static readonly Option<string> s_input = CommonFlags.Input.Required<string>("lines; - for standard input", "F|-");
    private static readonly Option<string> s_output = CommonFlags.Output.WithDefault("-", "a file; - for standard output", "F|-");
    private static readonly Option<bool> s_jsonLines = TokenizerCommand.JsonLinesOption();
    private static readonly Option<int?> s_threads = CommonFlags.Threads();

    public static Command Create()
    {
        Command command = new("decode", "Decode lines of ids (numbers with spaces between them) to text; special tokens are left out.")
        {
            s_tokenizer,
            s_input,
            s_output,
            s_jsonLines,
            s_threads,
        };
        command.SetAction((parsed, stop) => System.Threading.Tasks.Task.FromResult(Run(parsed, stop)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken stop)
    {
        TokenCodec codec = TokenCodec.Load(parsed.GetValue(s_tokenizer)!);
        using LineInput input = LineInput.Open(parsed.GetValue(s_input)!);
        using LineOutput output = new(parsed.GetValue(s_output)!);
        RecordStream records = new(input, output, parsed.GetValue(s_threads) ?? Environment.ProcessorCount, stop);
        if (parsed.GetValue(s_jsonLines))
            records.AnswerRecords(
                (json, writer) => codec.Decode(TokenRecord.Read(json).Ids ?? throw new InputException("\"ids\" is not there"), writer)
            );
        else
            records.AnswerLines(
                (line, number, answer) => answer.Write(System.Text.Encoding.UTF8.GetBytes(codec.Decode(Ids(line, number)) + "\n"))
            );
        output.Complete();
        return ExitCodes.Ok;
    }

    private static int[] Ids(string line, int lineNumber) =>
        [
            .. line.Split([' ', '\t', ',', '[', ']'], StringSplitOptions.RemoveEmptyEntries)
                .Select(item =>
                    int.TryParse(item, NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                        ? id
                        : throw new InputException($"--input, line {lineNumber}: \"{item}\" is no id")
                ),
        ];
}
