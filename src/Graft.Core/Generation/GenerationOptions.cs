namespace Graft.Generation;

/// <summary>When beam search gives up on the beams that are still running.</summary>
public enum EarlyStopping
{
    /// <summary>
    /// When the best running beam, at its present length, scores below the worst finished one (the reference's default, a heuristic).
    /// </summary>
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

    /// <summary>
    /// The largest length of prompt and new tokens together (of an encoder-decoder: with the token that the target begins with), in the
    /// place of <see cref="MaxNewTokens"/>.
    /// </summary>
    /// <value>Null: <see cref="MaxNewTokens"/> counts.</value>
    public int? MaxLength { get; init; }

    /// <summary>Until so many tokens are written, the end token is forbidden.</summary>
    /// <value>0</value>
    public int MinNewTokens { get; init; }

    /// <summary>Until prompt and new tokens together are so long, the end token is forbidden.</summary>
    /// <value>0</value>
    public int MinLength { get; init; }

    /// <summary>The token that follows a text of one token (the start of a decoder's); null: none is forced.</summary>
    public int? ForcedBosTokenId { get; init; }

    /// <summary>The token at the last place that the length leaves; null: none is forced.</summary>
    public int? ForcedEosTokenId { get; init; }

    /// <summary>Sequences of tokens that are never written.</summary>
    public IReadOnlyList<int[]> BadWordIds { get; init; } = [];

    /// <summary>What is added to the score of the last token of a sequence where the text so far ends with the others.</summary>
    public IReadOnlyList<(int[] Tokens, float Bias)> SequenceBias { get; init; } = [];

    /// <summary>Tokens that are never written.</summary>
    public IReadOnlyList<int> SuppressedTokenIds { get; init; } = [];

    /// <summary>Tokens that are not written first.</summary>
    public IReadOnlyList<int> SuppressedFirstTokenIds { get; init; } = [];

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

    /// <summary>Draw only among tokens that are at least this share as likely as the most likely one; 0: all.</summary>
    /// <value>0</value>
    public float MinP { get; init; }

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

    /// <summary>
    /// Scores of tokens already seen are divided by this if positive, multiplied if negative (Keskar et al. 2019); 1: off.
    /// </summary>
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
        Require(MaxLength is null or >= 1, "max_length", MaxLength ?? 0, "at least 1");
        Require(
            MinNewTokens >= 0 && (MaxLength is not null || MinNewTokens <= MaxNewTokens),
            "min-new-tokens",
            MinNewTokens,
            $"between 0 and max-new-tokens ({MaxNewTokens})"
        );
        Require(MinLength >= 0, "min_length", MinLength, "0 or more");
        Require(MinP is >= 0 and <= 1, "min_p", MinP, "between 0 and 1");
        Require(BadWordIds.All(word => word.Length > 0), "bad_words_ids", "[]", "a list of lists with at least one token");
        Require(
            SequenceBias.All(word => word.Tokens.Length > 0 && float.IsFinite(word.Bias)),
            "sequence_bias",
            "[]",
            "a list of sequences, each with a number"
        );
        Require(
            Temperature > 0 && float.IsFinite(Temperature),
            "temperature",
            Temperature,
            "above 0 (for the most likely text, do not sample)"
        );
        Require(TopK >= 0, "top-k", TopK, "0 or more");
        Require(TopP is > 0 and <= 1, "top-p", TopP, "above 0 and at most 1");
        Require(NumBeams >= 1, "num-beams", NumBeams, "at least 1");
        Require(NumReturnSequences >= 1, "num-return-sequences", NumReturnSequences, "at least 1");
        Require(
            NumReturnSequences <= NumBeams,
            "num-return-sequences",
            NumReturnSequences,
            $"at most num-beams ({NumBeams}); to draw several texts, repeat the prompt"
        );
        Require(!DoSample || NumBeams == 1, "num-beams", NumBeams, "1 when sampling");
        Require(RepetitionPenalty > 0, "repetition-penalty", RepetitionPenalty, "above 0");
        Require(NoRepeatNgramSize >= 0, "no-repeat-ngram-size", NoRepeatNgramSize, "0 or more");
    }

    /// <summary>The most new tokens after a prompt of a length.</summary>
    /// <exception cref="InputException">The prompt is as long as the whole text may be.</exception>
    public int NewTokensAfter(int prompt)
    {
        if (MaxLength is not int whole)
            return MaxNewTokens;
        return whole > prompt
            ? whole - prompt
            : throw new InputException(
                $"max_length is {whole} for prompt and new tokens together, and the prompt has {prompt}: give `max-new-tokens`"
            );
    }

    /// <summary>Refuses ids that a vocabulary does not have.</summary>
    /// <exception cref="InputException">Names the option and the id.</exception>
    internal void ValidateIds(int vocabulary)
    {
        (string Key, IEnumerable<int> Ids)[] all =
        [
            ("eos_token_id", EosTokenIds),
            ("forced_bos_token_id", ForcedBosTokenId is int bos ? [bos] : []),
            ("forced_eos_token_id", ForcedEosTokenId is int eos ? [eos] : []),
            ("bad_words_ids", BadWordIds.SelectMany(word => word)),
            ("sequence_bias", SequenceBias.SelectMany(word => word.Tokens)),
            ("suppress_tokens", SuppressedTokenIds),
            ("begin_suppress_tokens", SuppressedFirstTokenIds),
        ];
        foreach ((string key, IEnumerable<int> ids) in all)
        {
            foreach (int id in ids) Require(id >= 0 && id < vocabulary, key, id, $"an id of the vocabulary (0 to {vocabulary - 1})");
        }
    }

    private static void Require(bool condition, string key, object value, string allowed)
    {
        if (!condition) throw new InputException(FormattableString.Invariant($"{key} is {value}; it must be {allowed}"));
    }
}
