using System.Globalization;

namespace Graft.Objectives;

/// <summary>How many tokens are chosen.</summary>
public enum MaskCount
{
    /// <summary>A fixed number by the sequence's length: min(most, max(1, round(share · length))), as Google's code.</summary>
    Exact,

    /// <summary>Each unit on its own with the share as its probability, as Hugging Face's collator.</summary>
    Bernoulli,
}

/// <summary>What is chosen together.</summary>
public enum MaskingUnit
{
    /// <summary>Single pieces.</summary>
    Token,

    /// <summary>All pieces of a word (BERT, whole-word masking).</summary>
    WholeWord,

    /// <summary>One to three words in a row, with probability ∝ 1/n (ALBERT).</summary>
    NGram,
}

/// <summary>How a sequence is masked.</summary>
public sealed record MaskedLmOptions
{
    /// <summary>Share of the tokens that are chosen.</summary>
    /// <value>In (0, 1); 0.15.</value>
    public double Share { get; init; } = 0.15;

    /// <summary>Exact count or Bernoulli.</summary>
    /// <value><see cref="MaskCount.Exact"/>.</value>
    public MaskCount Count { get; init; }

    /// <summary>Tokens, words or n-grams.</summary>
    /// <value><see cref="MaskingUnit.Token"/>.</value>
    public MaskingUnit Unit { get; init; }

    /// <summary>The longest n-gram, in words.</summary>
    /// <value>At least 1; 3.</value>
    public int LongestNGram { get; init; } = 3;

    /// <summary>The most tokens chosen in one sequence (exact count).</summary>
    /// <value>At least 1; no bound.</value>
    public int MaxPredictions { get; init; } = int.MaxValue;

    /// <summary>What chosen tokens become.</summary>
    /// <value><see cref="MaskReplacement.Bert"/>: 80/10/10.</value>
    public MaskReplacement Replacement { get; init; } = MaskReplacement.Bert;

    /// <summary>
    /// How many different masks a sequence gets in all: 0 for a new one every time it is seen (dynamic), otherwise it cycles through this
    /// many (static; Google's published data has 10).
    /// </summary>
    /// <value>At least 0; 0.</value>
    public int StaticCopies { get; init; }

    /// <summary>Refuses impossible options.</summary>
    /// <exception cref="InputException">An option is out of its range.</exception>
    public void Validate()
    {
        if (Share is not (> 0 and < 1))
            throw new InputException("mask-share", Share.ToString(CultureInfo.InvariantCulture), "between 0 and 1");
        if (MaxPredictions < 1)
            throw new InputException(string.Create(CultureInfo.InvariantCulture, $"max predictions {MaxPredictions}: at least 1"));
        if (LongestNGram < 1)
            throw new InputException(string.Create(CultureInfo.InvariantCulture, $"longest n-gram {LongestNGram}: at least 1"));
        if (StaticCopies < 0)
            throw new InputException(string.Create(CultureInfo.InvariantCulture, $"static copies {StaticCopies}: at least 0"));
        if (Unit == MaskingUnit.NGram && Count == MaskCount.Bernoulli)
            throw new InputException("n-gram masking has an exact count; Bernoulli is for tokens and words");
        Replacement.Validate();
    }
}

/// <summary>
/// Masked language modelling (Devlin et al. 2018, §3.1; the counting of Google's <c>create_pretraining_data.py</c>). Some tokens are
/// chosen, specials never; of those 80 % become [MASK], 10 % a random token and 10 % stay; the loss is on the chosen ones alone.
/// <code>
/// [CLS] the cat sat on the mat [SEP]   (share 0.15: round(0.15 · 8) = 1 token)
///   →  ids        [CLS] the [MASK] sat on the mat [SEP]
///      positions  2
///      targets    cat
/// </code>
/// </summary>
internal static class MaskedLm
{
    /// <summary>
    /// The number of tokens that the exact count chooses; <paramref name="length"/> counts [CLS] and [SEP]. Halves round to even.
    /// </summary>
    public static int CountToMask(int length, MaskedLmOptions options) =>
        Math.Min(options.MaxPredictions, Math.Max(1, (int)Math.Round(options.Share * length, MidpointRounding.ToEven)));

    /// <summary>
    /// The stream of random numbers for a sequence's <paramref name="visit"/>-th turn: new every time, or one of a fixed number of copies.
    /// </summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="sequence">What identifies the sequence in the corpus.</param>
    /// <param name="visit">How often it was seen before.</param>
    /// <param name="options">Says whether masks are static.</param>
    public static ulong StreamKey(ulong seed, ulong sequence, ulong visit, MaskedLmOptions options) =>
        CounterRandom.Key(seed, sequence, options.StaticCopies == 0 ? visit : visit % (ulong)options.StaticCopies);

    /// <summary>Masks one sequence; a pure function of its arguments.</summary>
    /// <param name="ids">The whole sequence with its specials.</param>
    /// <param name="options">Share, count, unit and replacement.</param>
    /// <param name="vocabulary">Specials, word pieces and the mask.</param>
    /// <param name="random">Where the draws come from.</param>
    public static MaskedSequence Corrupt(
        ReadOnlySpan<int> ids,
        MaskedLmOptions options,
        MaskingVocabulary vocabulary,
        ref CounterRandom random
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(vocabulary);
        List<Word> units = options.Unit == MaskingUnit.Token ? Pieces(ids, vocabulary) : vocabulary.Words(ids);
        int budget = CountToMask(ids.Length, options);
        List<int> chosen = options switch
        {
            { Count: MaskCount.Bernoulli } => ChooseEach(units, options.Share, ref random),
            { Unit: MaskingUnit.NGram } => NGramMasking.Choose(units, budget, options.LongestNGram, ref random),
            _ => ChooseExactly(units, budget, ref random),
        };
        chosen.Sort();
        return MaskedSequence.FromPositions(ids, [.. chosen], options.Replacement, vocabulary, ref random);
    }

    private static List<Word> Pieces(ReadOnlySpan<int> ids, MaskingVocabulary vocabulary)
    {
        List<Word> pieces = new(ids.Length);
        for (int i = 0; i < ids.Length; i++)
        {
            if (!vocabulary.IsSpecial(ids[i])) pieces.Add(new Word(i, 1));
        }

        return pieces;
    }

    /// <summary>Units in random order until the budget is used; one that would pass it is skipped, a shorter one may still fit.</summary>
    private static List<int> ChooseExactly(List<Word> units, int budget, ref CounterRandom random)
    {
        random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(units));
        List<int> chosen = new(budget);
        foreach (Word unit in units)
        {
            if (chosen.Count >= budget) break;
            if (chosen.Count + unit.Length > budget) continue;
            for (int i = unit.Start; i < unit.End; i++) chosen.Add(i);
        }

        return chosen;
    }

    private static List<int> ChooseEach(List<Word> units, double share, ref CounterRandom random)
    {
        List<int> chosen = [];
        foreach (Word unit in units)
        {
            if (random.NextDouble() >= share) continue;
            for (int i = unit.Start; i < unit.End; i++) chosen.Add(i);
        }

        return chosen;
    }
}
