using System.CommandLine;
using Graft.Generation;

namespace Graft.Cli;

/// <summary>Every option of generation as a flag; what is not given is read from the model's generation_config.json.</summary>
internal sealed class GenerationFlags
{
    private readonly Option<int?> _maxNewTokens = new("--max-new-tokens") { Description = "The most tokens to generate; 20 otherwise." };
    private readonly Option<int?> _minNewTokens = new("--min-new-tokens")
    {
        Description = "How many tokens must be generated before an end is allowed; 0 otherwise.",
    };
    private readonly Option<bool?> _sample = new("--sample") { Description = "Sample tokens instead of taking the most probable ones." };
    private readonly Option<float?> _temperature = new("--temperature")
    {
        Description = "With --sample: the temperature; below 1 the probable tokens gain, above 1 the others; 1 otherwise.",
    };
    private readonly Option<int?> _topK = new("--top-k")
    {
        Description = "With --sample: sample among the k most probable tokens, 0 for all; the model's own otherwise.",
    };
    private readonly Option<float?> _topP = new("--top-p")
    {
        Description = "With --sample: sample among the most probable tokens that together have this probability, 1 for all; 1 otherwise.",
    };
    private readonly Option<ulong?> _seed = new("--seed") { Description = "The seed of sampling; 42 otherwise." };
    private readonly Option<int?> _numBeams = new("--num-beams") { Description = "The beams of the search, 1 for none; 1 otherwise." };
    private readonly Option<float?> _lengthPenalty = new("--length-penalty")
    {
        Description = "With beams: the exponent of the length that scores are divided by; above 0 favours long texts; 1 otherwise.",
    };
    private readonly Option<string?> _earlyStopping = new("--early-stopping")
    {
        Description =
            "With beams: when to stop: true (as soon as there are enough texts), false (when a better one is unlikely; the default) or "
                + "never.",
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
        Description = "A text that ends the generation; may be given several times.",
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
        Temperature = parsed.GetValue(_temperature) ?? defaults.Temperature,
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
        _ => throw new InputException($"--early-stopping {text}: true, false or never is expected"),
    };
}
