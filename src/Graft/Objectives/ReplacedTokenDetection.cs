namespace Graft.Objectives;

/// <summary>
/// ELECTRA's replaced-token detection (Clark et al. 2020, §3.1). A small generator fills the masked places by sampling; the discriminator
/// says of every token whether it was replaced. A sample that happens to be right counts as original. Loss = generator's MLM +
/// <see cref="PublishedWeight"/> · discriminator's binary cross-entropy.
/// <code>
/// the chef cooked the meal, places 1 and 4 masked, samples: chef, soup
///   →  ids  the chef cooked the soup, replaced  0 0 0 0 1
/// </code>
/// </summary>
internal static class ReplacedTokenDetection
{
    /// <summary>The discriminator's weight in the published loss.</summary>
    public const double PublishedWeight = 50;

    /// <summary>The discriminator's input and labels.</summary>
    /// <param name="original">The sequence before masking.</param>
    /// <param name="positions">The masked places.</param>
    /// <param name="samples">The generator's token for each of them.</param>
    public static (int[] Ids, bool[] Replaced) Replace(ReadOnlySpan<int> original, ReadOnlySpan<int> positions, ReadOnlySpan<int> samples)
    {
        int[] ids = original.ToArray();
        bool[] replaced = new bool[ids.Length];
        for (int i = 0; i < positions.Length; i++)
        {
            ids[positions[i]] = samples[i];
            replaced[positions[i]] = samples[i] != original[positions[i]];
        }

        return (ids, replaced);
    }

    /// <summary>Draws a token from the softmax of <paramref name="logits"/> (one value a token of the vocabulary).</summary>
    public static int Sample(ReadOnlySpan<float> logits, ref CounterRandom random)
    {
        float largest = float.NegativeInfinity;
        foreach (float logit in logits) largest = MathF.Max(largest, logit);
        double total = 0;
        foreach (float logit in logits) total += MathF.Exp(logit - largest);
        double draw = random.NextDouble() * total;
        for (int id = 0; id < logits.Length - 1; id++)
        {
            draw -= MathF.Exp(logits[id] - largest);
            if (draw < 0) return id;
        }

        return logits.Length - 1;
    }
}
