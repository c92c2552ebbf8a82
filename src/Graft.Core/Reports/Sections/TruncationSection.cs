using Graft.Reports.Plots;

namespace Graft.Reports.Sections;

/// <summary>What a length limit cut off, or would have cut off.</summary>
/// <param name="MaxLength">The limit in tokens.</param>
/// <param name="Texts">All texts.</param>
/// <param name="TextsTruncated">Texts longer than the limit.</param>
/// <param name="Tokens">All tokens.</param>
/// <param name="TokensLost">Tokens beyond the limit.</param>
/// <param name="Windowed">True when windows covered them, so that nothing was lost.</param>
internal sealed record TruncationStatistics(
    int MaxLength,
    long Texts,
    long TextsTruncated,
    long Tokens,
    long TokensLost,
    bool Windowed = false
)
{
    /// <summary>Counts over the full lengths of texts, in tokens.</summary>
    public static TruncationStatistics Of(IReadOnlyList<int> lengths, int maxLength, bool windowed = false) => new(
        maxLength,
        lengths.Count,
        lengths.Count(length => length > maxLength),
        lengths.Sum(length => (long)length),
        lengths.Sum(length => (long)Math.Max(0, length - maxLength)),
        windowed);

    /// <summary>The share of texts longer than the limit.</summary>
    public double ShareOfTexts => Texts == 0 ? 0 : (double)TextsTruncated / Texts;

    /// <summary>The share of tokens beyond the limit.</summary>
    public double ShareOfTokens => Tokens == 0 ? 0 : (double)TokensLost / Tokens;
}

/// <summary>How much text a length limit costs.</summary>
internal static class TruncationSection
{
    private const int Bins = 20;

    /// <summary>Builds the section.</summary>
    /// <param name="statistics">The counts.</param>
    /// <param name="lengths">The texts' full lengths in tokens, for the curve; may be empty.</param>
    /// <param name="losses">Other things a plain cut would have lost: <c>entities</c>, <c>answers</c>, each with its share.</param>
    public static ReportSection Build(
        TruncationStatistics statistics,
        IReadOnlyList<int> lengths,
        IReadOnlyList<(string What, double Share)>? losses = null
    )
    {
        string verb = statistics.Windowed ? "would be cut" : "cut";
        List<ReportBlock> blocks =
        [
            new KeyFigures(
            [
                new KeyFigure("longest input", Format.Count(statistics.MaxLength), "tokens"),
                new KeyFigure(
                    $"texts {verb}",
                    Format.Percent(statistics.ShareOfTexts),
                    $"{Format.Count(statistics.TextsTruncated)} of {Format.Count(statistics.Texts)}"
                ),
                new KeyFigure(
                    $"tokens {verb}",
                    Format.Percent(statistics.ShareOfTokens),
                    $"{Format.Count(statistics.TokensLost)} of {Format.Count(statistics.Tokens)}"
                ),
                .. (losses ?? []).Select(loss => new KeyFigure($"{loss.What} {verb}", Format.Percent(loss.Share))),
            ]),
            new Paragraph(
                statistics.Windowed
                    ? "Nothing was lost: long texts were read in overlapping windows. The shares say what a plain cut at the limit "
                        + "would have cost."
                : statistics.TextsTruncated == 0 ? "Every text fits."
                : "What lies beyond the limit was not seen by the model. A larger max-length, or windows with stride, would show it."
            ),
        ];
        if (lengths.Count > 1) blocks.Add(new PlotBlock(Curve(lengths, statistics.MaxLength)));
        return new ReportSection("Length and truncation", blocks);
    }

    /// <summary>The share of texts that fit, by limit.</summary>
    private static LinePlot Curve(IReadOnlyList<int> lengths, int maxLength)
    {
        int[] sorted = lengths.Order().ToArray();
        int longest = Math.Max(sorted[^1], maxLength);
        IEnumerable<(double, double)> points = Enumerable
            .Range(0, Bins + 1)
            .Select(i => (double)i * longest / Bins)
            .Append(maxLength)
            .Distinct()
            .Order()
            .Select(limit => (limit, Share(limit)));
        return new LinePlot(
            "Share of texts that fit, by limit",
            "tokens",
            "share of texts",
            [LineSeries.Of("texts that fit", points)],
            [new PlotMarker(maxLength, Share(maxLength), "limit")]
        );

        double Share(double limit) => sorted.Count(length => length <= limit) / (double)sorted.Length;
    }
}
