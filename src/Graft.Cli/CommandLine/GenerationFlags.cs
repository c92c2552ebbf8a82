using System.CommandLine;
using Graft.Generation;

namespace Graft.Cli;

/// <summary>Every option of generation as a flag; what is not given is read from the model's generation_config.json.</summary>
internal sealed class GenerationFlags
{
    private readonly Option<int?> _maxNewTokens = new("--max-new-tokens") { Description = "The most tokens to write (20)." };
    private readonly Option<int?> _minNewTokens = new("--min-new-tokens") { Description = "Tokens before an end is allowed." };
    private readonly Option<bool?> _sample = new("--sample") { Description = "Draw tokens instead of taking the best ones." };
    private readonly Option<float?> _temperature = new("--temperature") { Description = "Below 1 bolder about the likely, above 1 more adventurous; with --sample." };
    private readonly Option<int?> _topK = new("--top-k") { Description = "Draw among the k best tokens; 0: all." };
    private readonly Option<float?> _topP = new("--top-p") { Description = "Draw among the best tokens that together have this probability; 1: all." };
    private readonly Option<ulong?> _seed = new("--seed") { Description = "Of the draws (42)." };
    private readonly Option<int?> _numBeams = new("--num-beams") { Description = "Beams; 1: no beam search." };
    private readonly Option<float?> _lengthPenalty = new("--length-penalty") { Description = "With beams: above 0 favours long texts." };
    private readonly Option<string?> _earlyStopping = new("--early-stopping") { Description = "With beams: true (as soon as there are enough texts), false (when a better one is unlikely) or never." };
    private readonly Option<int?> _returned = new("--num-return-sequences") { Description = "Texts for each prompt; at most --num-beams." };
    private readonly Option<float?> _repetitionPenalty = new("--repetition-penalty") { Description = "Above 1: tokens already seen become less likely." };
    private readonly Option<int?> _noRepeat = new("--no-repeat-ngram-size") { Description = "No sequence of so many tokens twice; 0: off." };
    private readonly Option<int[]> _ends = new("--eos-token-id") { Description = "Tokens that end a text; the model's own otherwise.", AllowMultipleArgumentsPerToken = true };
    private readonly Option<int?> _padding = new("--pad-token-id") { Description = "Fills finished rows; the model's own otherwise." };
    private readonly Option<string[]> _stop = new("--stop") { Description = "A text that ends the writing; may be given several times.", Arity = ArgumentArity.ZeroOrMore };

    public void AddTo(Command command)
    {
        Option[] all =
        [
            _maxNewTokens, _minNewTokens, _sample, _temperature, _topK, _topP, _seed, _numBeams, _lengthPenalty, _earlyStopping, _returned, _repetitionPenalty, _noRepeat, _ends, _padding, _stop,
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
