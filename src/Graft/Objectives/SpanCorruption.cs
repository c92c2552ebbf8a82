using System.Globalization;

namespace Graft.Objectives;

/// <summary>How spans are cut out.</summary>
public sealed record SpanCorruptionOptions
{
    /// <summary>Share of the tokens that are cut out.</summary>
    /// <value>In (0, 1); 0.15.</value>
    public double Share { get; init; } = 0.15;

    /// <summary>Mean length of a span, in tokens.</summary>
    /// <value>At least 1; 3.</value>
    public double MeanLength { get; init; } = 3;

    /// <summary>Refuses impossible options.</summary>
    /// <exception cref="InputException">An option is out of its range.</exception>
    public void Validate()
    {
        if (Share is not (> 0 and < 1))
            throw new InputException("mask-share", Share.ToString(CultureInfo.InvariantCulture), "between 0 and 1");
        if (MeanLength < 1)
            throw new InputException(string.Create(CultureInfo.InvariantCulture, $"mean span length {MeanLength}: at least 1"));
    }
}

/// <summary>
/// T5's span corruption (Raffel et al. 2019, §3.1.4; <c>random_spans_noise_mask</c> of the published code): 15 % of the tokens in spans of
/// mean 3 are cut out, each span leaves one sentinel, and the decoder writes the sentinels with what they stand for.
/// <code>
/// thank you for inviting me to your party last week
///   →  input   thank you &lt;0&gt; me to your party &lt;1&gt; week
///      target  &lt;0&gt; for inviting &lt;1&gt; last &lt;2&gt;
/// </code>
/// </summary>
internal static class SpanCorruption
{
    /// <summary>Corrupts a text; a pure function of its arguments.</summary>
    /// <param name="ids">The text's tokens without specials, at least two.</param>
    /// <param name="sentinels">The ids of &lt;extra_id_0&gt;, &lt;extra_id_1&gt; … in order of use.</param>
    /// <param name="endId">Put behind input and target; null for neither.</param>
    /// <param name="options">Share and mean length.</param>
    /// <param name="random">Where the draws come from.</param>
    /// <exception cref="InputException">The text is shorter than two tokens, or needs more sentinels than there are.</exception>
    public static (int[] Input, int[] Target) Corrupt(
        ReadOnlySpan<int> ids, IReadOnlyList<int> sentinels, int? endId, SpanCorruptionOptions options, ref CounterRandom random)
    {
        ArgumentNullException.ThrowIfNull(sentinels);
        ArgumentNullException.ThrowIfNull(options);
        if (ids.Length < 2)
            throw new InputException(
                string.Create(CultureInfo.InvariantCulture, $"span corruption needs at least two tokens, found {ids.Length}")
            );
        int noise = Math.Clamp((int)Math.Round(options.Share * ids.Length, MidpointRounding.ToEven), 1, ids.Length - 1);
        int spans = Math.Clamp(
            (int)Math.Round(noise / options.MeanLength, MidpointRounding.ToEven),
            1,
            Math.Min(noise, ids.Length - noise)
        );
        if (spans + 1 > sentinels.Count)
            throw new InputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{ids.Length} tokens need {spans + 1} sentinels, the vocabulary has {sentinels.Count}: shorten the sequences"
                )
            );

        int[] noiseLengths = Segment(noise, spans, ref random), textLengths = Segment(ids.Length - noise, spans, ref random);
        List<int> input = new(ids.Length), target = new(noise + spans + 2);
        int at = 0;
        for (int span = 0; span < spans; span++)
        {
            input.AddRange(ids.Slice(at, textLengths[span]));
            at += textLengths[span];
            input.Add(sentinels[span]);
            target.Add(sentinels[span]);
            target.AddRange(ids.Slice(at, noiseLengths[span]));
            at += noiseLengths[span];
        }

        target.Add(sentinels[spans]);
        if (endId is int end)
        {
            input.Add(end);
            target.Add(end);
        }

        return ([.. input], [.. target]);
    }

    /// <summary>Cuts <paramref name="total"/> into <paramref name="parts"/> positive lengths, every way equally likely.</summary>
    private static int[] Segment(int total, int parts, ref CounterRandom random)
    {
        bool[] cuts = new bool[total - 1];
        Array.Fill(cuts, true, 0, parts - 1);
        random.Shuffle(cuts.AsSpan());
        int[] lengths = new int[parts];
        int part = 0;
        lengths[0] = 1;
        foreach (bool cut in cuts)
        {
            if (cut) part++;
            lengths[part]++;
        }

        return lengths;
    }
}
