using System.CommandLine;
using System.Text.Json;
using Graft.Tokenizers;

namespace Graft.Cli.Commands.Tokenizers;

/// <summary><c>graft tokenizer encode</c>: texts to ids, tokens and offsets, one JSON a line.</summary>
internal static class TokenizerEncodeCommand
{
    private static readonly Option<string> s_tokenizer = TokenizerCommand.Required();
    private static readonly Option<string> s_input = CommonFlags.Input.Required<string>("lines; - for standard input", "F|-");
    private static readonly Option<string> s_output = CommonFlags.Output.WithDefault("-", "a file; - for standard output", "F|-");
    private static readonly Option<bool> s_jsonLines = TokenizerCommand.JsonLinesOption();
    private static readonly Option<bool> s_pairs = CommonFlags.Pairs.Optional<bool>("each line is two texts with a tab between them");
    private static readonly Option<int?> s_maxLength = CommonFlags.MaxLength.Optional<int?>(
        "the rest goes to further windows; no limit otherwise");
    private static readonly Option<string> s_truncation = new("--truncation")
    {
        Description = "Which text of a pair is cut: longest_first, only_first or only_second.",
        HelpName = "STRATEGY",
        DefaultValueFactory = _ => "longest_first",
    };
    private static readonly Option<int> s_stride = CommonFlags.Stride.WithDefault(0);
    private static readonly Option<string?> s_offsets = CommonFlags.Offsets.Optional<string?>(
        "utf16, codepoint or byte; utf16 otherwise, codepoint with --jsonl");
    private static readonly Option<bool> s_noSpecial = new("--no-special-tokens")
    {
        Description = "Put no special tokens around the texts.",
    };
    private static readonly Option<bool> s_stats = CommonFlags.Statistics.Optional<bool>("those of the texts that were encoded");

    private static readonly Option<int?> s_threads = CommonFlags.Threads();

    public static Command Create()
    {
        s_offsets.AcceptOnlyFromAmong("utf16", "codepoint", "byte");
        s_truncation.AcceptOnlyFromAmong("longest_first", "only_first", "only_second");
        Command command = new("encode", "Encode texts, one a line, to one JSON a line.")
        {
            s_tokenizer,
            s_input,
            s_output,
            s_jsonLines,
            s_pairs,
            s_maxLength,
            s_truncation,
            s_stride,
            s_offsets,
            s_noSpecial,
            s_stats,
            s_threads,
        };
        command.SetAction((parsed, stop) => System.Threading.Tasks.Task.FromResult(Run(parsed, stop)));
        return command;
    }

    private static int Run(ParseResult parsed, CancellationToken stop)
    {
        TokenCodec codec = TokenCodec.Load(parsed.GetValue(s_tokenizer)!);
        bool jsonLines = parsed.GetValue(s_jsonLines);
        TokenOptions options = new() { Encode = Options(parsed, jsonLines) };
        TokenStatistics? statistics = parsed.GetValue(s_stats) ? new(options.Encode.MaxLength) : null;
        using LineInput input = LineInput.Open(parsed.GetValue(s_input)!);
        using LineOutput output = new(parsed.GetValue(s_output)!);
        RecordStream records = new(input, output, statistics is null ? parsed.GetValue(s_threads) ?? Environment.ProcessorCount : 1, stop);
        if (jsonLines)
            records.AnswerRecords((json, writer) => Answer(codec, TokenRecord.Read(json), options.With(json), statistics, writer));
        else
            records.AnswerTexts(
                (line, number, writer) => Answer(codec, RecordOf(line, number, parsed.GetValue(s_pairs)), options, statistics, writer)
            );
        output.Complete();
        statistics?.Print();
        return ExitCodes.Ok;
    }

    private static TokenRecord RecordOf(string line, int number, bool isPair)
    {
        if (!isPair) return new() { Text = line };
        int tab = line.IndexOf('\t', StringComparison.Ordinal);
        if (tab < 0)
            throw new InputException($"--input, line {number}: with --pairs a line is two texts with a tab between them; there is no tab");
        return new() { Text = line[..tab], Pair = line[(tab + 1)..] };
    }

    private static void Answer(TokenCodec codec, TokenRecord record, TokenOptions options, TokenStatistics? statistics, Utf8JsonWriter json)
    {
        if (record.Ids is not null)
        {
            codec.Decode(record.Ids, json);
            return;
        }

        codec.Encode(record, options, json);
        if (statistics is not null && record.Text is not null) codec.Count(record.Text, record.Pair, options, statistics);
    }

    private static EncodeOptions Options(ParseResult parsed, bool jsonLines)
    {
        EncodeOptions options = new()
        {
            AddSpecialTokens = !parsed.GetValue(s_noSpecial),
            MaxLength = parsed.GetValue(s_maxLength),
            Stride = parsed.GetValue(s_stride),
            Truncation = TokenOptions.Strategy(parsed.GetValue(s_truncation)!),
            Offsets = (parsed.GetValue(s_offsets) ?? (jsonLines ? "codepoint" : "utf16")) switch
            {
                "utf16" => OffsetUnit.Utf16,
                "codepoint" => OffsetUnit.CodePoint,
                _ => OffsetUnit.Utf8,
            },
        };
        options.Validate();
        return options;
    }
}
