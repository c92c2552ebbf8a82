using System.CommandLine;
using Graft.Generation;

namespace Graft.Cli;

/// <summary>Every option of generation as a flag; what is not given is read from the model's generation_config.json.</summary>
internal sealed class GenerationFlags
{
    private readonly Option<int?> _maxNewTokens = CommonFlags.MaxNewTokens.Optional<int?>("the model's own limit or 20 otherwise");
    private readonly Option<int?> _minNewTokens = new("--min-new-tokens")
    {
        Description = "How many tokens must be generated before an end is allowed; 0 otherwise.",
    };
    private readonly Option<bool?> _sample = new("--sample")
    {
        Description = "Sample tokens instead of taking the most probable ones; the model's own otherwise.",
    };
    private readonly Option<double?> _temperature = CommonFlags.Temperature.Optional<double?>(
        "with --sample: below 1 the probable tokens gain, above 1 the others; the model's own or 1 otherwise");
    private readonly Option<int?> _topK = CommonFlags.TopK.Optional<int?>(
        "with --sample: one of them is taken, 0 for all; the model's own otherwise");
    private readonly Option<float?> _topP = new("--top-p")
    {
        Description =
            "The probability that the tokens which are sampled from have together, with --sample, 1 for all; the model's own or 1 "
                + "otherwise.",
    };
    private readonly Option<ulong?> _seed = CommonFlags.Seed.Optional<ulong?>("with --sample; 42 otherwise");
    private readonly Option<int?> _numBeams = CommonFlags.NumBeams.Optional<int?>("the model's own or 1 otherwise");
    private readonly Option<float?> _lengthPenalty = new("--length-penalty")
    {
        Description = "The exponent of the length that the scores of beams are divided by, above 0 to favour long texts; 1 otherwise.",
    };
    private readonly Option<string?> _earlyStopping = new("--beam-stopping")
    {
        Description =
            "When the search with beams ends: true (as soon as there are enough texts), false (when a better one is unlikely) or "
                + "never; the model's own or false otherwise.",
    };
    private readonly Option<int?> _returned = new("--num-return-sequences")
    {
        Description = "How many texts to return for each prompt, at most --num-beams; 1 otherwise.",
    };
    private readonly Option<float?> _repetitionPenalty = new("--repetition-penalty")
    {
        Description = "The penalty of tokens already seen, which above 1 become less probable; 1 otherwise.",
    };
    private readonly Option<int?> _noRepeat = new("--no-repeat-ngram-size")
    {
        Description = "Generate no sequence of this many tokens twice, 0 for no such rule; 0 otherwise.",
    };
    private readonly Option<int[]> _ends = new("--eos-token-id")
    {
        Description = "The ids of the tokens that end a text; the model's own otherwise.",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<int?> _padding = new("--pad-token-id")
    {
        Description = "The id of the token that fills finished rows; the model's own otherwise.",
    };
    private readonly Option<string[]> _stop = new("--stop")
    {
        Description = "A text that ends the generation; may be given several times; none otherwise.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    public void AddTo(Command command)
    {
        Option[] all =
        [
            _maxNewTokens,
            _minNewTokens,
            _sample,
            _temperature,
            _topK,
            _topP,
            _seed,
            _numBeams,
            _lengthPenalty,
            _earlyStopping,
            _returned,
            _repetitionPenalty,
            _noRepeat,
            _ends,
            _padding,
            _stop,
        ];
        foreach (Option option in all) command.Options.Add(option);
    }

    /// <summary>The texts that end the writing.</summary>
    public IReadOnlyList<string> Stop(ParseResult parsed) => parsed.GetValue(_stop) ?? [];

    /// <summary>The model's options with those that were given.</summary>
    public GenerationOptions Options(ParseResult parsed, GenerationOptions defaults) => defaults with
    {
        MaxNewTokens = parsed.GetValue(_maxNewTokens) ?? defaults.MaxNewTokens,
        MaxLength = parsed.GetValue(_maxNewTokens) is null ? defaults.MaxLength : null,
        MinNewTokens = parsed.GetValue(_minNewTokens) ?? defaults.MinNewTokens,
        DoSample = parsed.GetValue(_sample) ?? defaults.DoSample,
        Temperature = (float?)parsed.GetValue(_temperature) ?? defaults.Temperature,
        TopK = parsed.GetValue(_topK) ?? defaults.TopK,
        TopP = parsed.GetValue(_topP) ?? defaults.TopP,
        Seed = parsed.GetValue(_seed) ?? defaults.Seed,
        NumBeams = parsed.GetValue(_numBeams) ?? defaults.NumBeams,
        LengthPenalty = parsed.GetValue(_lengthPenalty) ?? defaults.LengthPenalty,
        EarlyStopping = Stopping(parsed.GetValue(_earlyStopping)) ?? defaults.EarlyStopping,
        NumReturnSequences = parsed.GetValue(_returned) ?? defaults.NumReturnSequences,
        RepetitionPenalty = parsed.GetValue(_repetitionPenalty) ?? defaults.RepetitionPenalty,
        NoRepeatNgramSize = parsed.GetValue(_noRepeat) ?? defaults.NoRepeatNgramSize,
        EosTokenIds = parsed.GetValue(_ends) is { Length: > 0 } ends ? ends : defaults.EosTokenIds,
        PadTokenId = parsed.GetValue(_padding) ?? defaults.PadTokenId,
    };

    private static EarlyStopping? Stopping(string? text) => text?.ToLowerInvariant() switch
    {
        null => null,
        "true" => EarlyStopping.WhenEnoughFinished,
        "false" => EarlyStopping.WhenUnlikelyToImprove,
        "never" => EarlyStopping.Never,
        _ => throw new InputException($"--beam-stopping {text}: true, false or never is expected"),
    };
}
