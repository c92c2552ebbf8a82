using System.Globalization;
using Graft.Tokenizers;

namespace Graft.Tasks;

/// <summary>Features of examples, and what a plain cut would have lost.</summary>
/// <param name="Features">In the examples' order, windows one after the other.</param>
/// <param name="LongExamples">How many examples are longer than the limit.</param>
/// <param name="TokensBeyond">Tokens beyond the limit.</param>
/// <param name="Tokens">All tokens of the texts.</param>
public sealed record EncodedData(IReadOnlyList<Feature> Features, int LongExamples, long TokensBeyond, long Tokens)
{
    /// <summary>What encoded it, for tasks that decode ids.</summary>
    public Tokenizer? Tokenizer { get; init; }

    /// <summary>Whether this task cuts what lies beyond the limit, whatever the options say.</summary>
    public bool IsCut { get; init; }

    /// <summary>Other things that lie beyond the limit, counted: <c>entities</c>, <c>answers</c>.</summary>
    public IReadOnlyList<BeyondLimit> Losses { get; init; } = [];

    /// <summary>One line about what lies beyond the limit.</summary>
    internal string Describe(int examples, EncodingOptions options)
    {
        string losses = string.Concat(
            Losses
                .Where(loss => loss.Beyond > 0)
                .Select(loss => FormattableString.Invariant($", {100 * loss.Share:0.0} % of all {loss.What}"))
        );
        string what = options.Truncate || IsCut ? "is cut off" : "would be lost by a plain cut; windows keep it";
        return string.Create(CultureInfo.InvariantCulture,
            $"{LongExamples} of {examples} texts are longer than {options.MaxLength} tokens: "
                + $"{100.0 * TokensBeyond / Math.Max(1, Tokens):0.0} % of all tokens{losses} {what}"
        );
    }

    /// <summary>The longest feature.</summary>
    public int Longest => Features.Count == 0 ? 0 : Features.Max(feature => feature.Ids.Length);
}

/// <summary>How much of something lies beyond the length limit, where a plain cut would have lost it.</summary>
/// <param name="What">What is counted: <c>entities</c>, <c>answers</c>.</param>
/// <param name="All">How many there are.</param>
/// <param name="Beyond">How many lie beyond.</param>
public sealed record BeyondLimit(string What, long All, long Beyond)
{
    /// <summary>The share beyond.</summary>
    public double Share => All == 0 ? 0 : (double)Beyond / All;
}
