namespace Graft.Generation;

/// <summary>When beam search gives up on the beams that are still running.</summary>
public enum EarlyStopping
{
    /// <summary>When the best running beam, at its present length, scores below the worst finished one (the reference's default, a heuristic).</summary>
    WhenUnlikelyToImprove,

    /// <summary>As soon as there are as many finished candidates as beams.</summary>
    WhenEnoughFinished,

    /// <summary>Only when no running beam could still win at any length.</summary>
    Never,
}

/// <summary>How text is generated; names and meaning as in <c>generation_config.json</c>.</summary>
public sealed record GenerationOptions
{
    /// <summary>The largest number of tokens to write, the end token included.</summary>
    /// <value>20</value>
    public int MaxNewTokens { get; init; } = 20;

    /// <summary>Until so many tokens are written, the end token is forbidden.</summary>
    /// <value>0</value>
    public int MinNewTokens { get; init; }

    /// <summary>The tokens that end a text; empty: only the length ends it.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>What finished rows are filled up with.</summary>
    /// <value>0</value>
    public int PadTokenId { get; init; }

    /// <summary>Draw the next token instead of taking the best one.</summary>
    public bool DoSample { get; init; }

    /// <summary>Divides the scores before drawing: below 1 bolder about the likely, above 1 more adventurous.</summary>
    /// <value>1</value>
    public float Temperature { get; init; } = 1;

    /// <summary>Draw only among the k best tokens; 0: all.</summary>
    /// <value>0</value>
    public int TopK { get; init; }

    /// <summary>Draw only among the best tokens that together have this probability (Holtzman et al. 2020); 1: all.</summary>
    /// <value>1</value>
    public float TopP { get; init; } = 1;

    /// <summary>The seed of the draws; the same seed gives the same text.</summary>
    /// <value>42</value>
    public ulong Seed { get; init; } = 42;

    /// <summary>Number of beams; 1: no beam search.</summary>
    /// <value>1</value>
    public int NumBeams { get; init; } = 1;

    /// <summary>A candidate's score is its log probability divided by length to this power: above 0 favours long texts.</summary>
    /// <value>1</value>
    public float LengthPenalty { get; init; } = 1;

    /// <summary>When beam search stops.</summary>
    public EarlyStopping EarlyStopping { get; init; }

    /// <summary>How many candidates a prompt to return; at most <see cref="NumBeams"/> with beam search.</summary>
    /// <value>1</value>
    public int NumReturnSequences { get; init; } = 1;

    /// <summary>Scores of tokens already seen are divided by this if positive, multiplied if negative (Keskar et al. 2019); 1: off.</summary>
    /// <value>1</value>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>No sequence of so many tokens may occur twice; 0: off.</summary>
    /// <value>0</value>
    public int NoRepeatNgramSize { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        Require(MaxNewTokens >= 1, "max-new-tokens", MaxNewTokens, "at least 1");
        Require(MinNewTokens >= 0 && MinNewTokens <= MaxNewTokens, "min-new-tokens", MinNewTokens, $"between 0 and max-new-tokens ({MaxNewTokens})");
        Require(Temperature > 0 && float.IsFinite(Temperature), "temperature", Temperature, "above 0 (for the most likely text, do not sample)");
        Require(TopK >= 0, "top-k", TopK, "0 or more");
        Require(TopP is > 0 and <= 1, "top-p", TopP, "above 0 and at most 1");
        Require(NumBeams >= 1, "num-beams", NumBeams, "at least 1");
        Require(NumReturnSequences >= 1, "num-return-sequences", NumReturnSequences, "at least 1");
        Require(NumReturnSequences <= NumBeams, "num-return-sequences", NumReturnSequences, $"at most num-beams ({NumBeams}); to draw several texts, repeat the prompt");
        Require(!DoSample || NumBeams == 1, "num-beams", NumBeams, "1 when sampling");
        Require(RepetitionPenalty > 0, "repetition-penalty", RepetitionPenalty, "above 0");
        Require(NoRepeatNgramSize >= 0, "no-repeat-ngram-size", NoRepeatNgramSize, "0 or more");
    }

    private static void Require(bool condition, string key, object value, string allowed)
    {
        if (!condition) throw new InputException(FormattableString.Invariant($"{key} is {value}; it must be {allowed}"));
    }
}
