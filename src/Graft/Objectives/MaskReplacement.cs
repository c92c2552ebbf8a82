namespace Graft.Objectives;

/// <summary>What takes a chosen token's place: [MASK], a random token of the vocabulary, or, for the rest, the token itself.</summary>
/// <param name="MaskShare">Probability of [MASK].</param>
/// <param name="RandomShare">Probability of a random token.</param>
public sealed record MaskReplacement(double MaskShare, double RandomShare)
{
    /// <summary>BERT's 80 % [MASK], 10 % random, 10 % unchanged (Devlin et al. 2018, appendix A.1).</summary>
    public static MaskReplacement Bert { get; } = new(0.8, 0.1);

    /// <summary>
    /// ELECTRA's generator input: 85 % [MASK], 15 % unchanged (<c>pretrain/pretrain_helpers.py</c> of the published code).
    /// </summary>
    public static MaskReplacement Electra { get; } = new(0.85, 0);

    /// <summary>Always [MASK]: how a masked language model is measured and asked.</summary>
    public static MaskReplacement AlwaysMask { get; } = new(1, 0);

    /// <summary>Refuses shares that are no probabilities.</summary>
    /// <exception cref="InputException">A share is negative or both together exceed 1.</exception>
    public void Validate()
    {
        if (MaskShare < 0 || RandomShare < 0 || MaskShare + RandomShare > 1 + 1e-9)
            throw new InputException(
                string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"replacement shares {MaskShare} and {RandomShare}: two shares of at least 0 and together at most 1 are allowed"
                )
            );
    }

    /// <summary>Draws which of the three it is; a span draws once for all its tokens.</summary>
    internal Kind DrawKind(ref CounterRandom random)
    {
        double draw = random.NextDouble();
        return draw < MaskShare ? Kind.Mask : draw < MaskShare + RandomShare ? Kind.Random : Kind.Keep;
    }

    /// <summary>The token that stands in for <paramref name="original"/>.</summary>
    internal static int Replace(Kind kind, int original, MaskingVocabulary vocabulary, ref CounterRandom random) => kind switch
    {
        Kind.Mask => vocabulary.MaskId,
        Kind.Random => random.NextInt(vocabulary.Size),
        _ => original,
    };

    /// <summary>The three things that can become of a chosen token.</summary>
    internal enum Kind
    {
        /// <summary>[MASK].</summary>
        Mask,

        /// <summary>A random token.</summary>
        Random,

        /// <summary>Itself.</summary>
        Keep,
    }
}
