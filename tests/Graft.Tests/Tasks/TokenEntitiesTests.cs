using Graft.Data;
using Graft.Tasks.TokenClassification;

namespace Graft.Tests.Tasks;

/// <summary>Labels of tokens to entities, as the reference's token-classification pipeline makes them.</summary>
public sealed class TokenEntitiesTests
{
    private const string Text = "Lindqvist in Leeds";
    private static readonly string[] s_labels = ["O", "B-PER", "I-PER", "B-LOC"];

    // Lind|qvist in Le|eds: the first piece of each word is less certain than the second, which has another label.
    private static readonly ScoredToken[] s_tokens =
    [
        new(0, 4, false, [0.1, 0.6, 0.2, 0.1]), new(4, 9, true, [0.05, 0.05, 0.85, 0.05]), new(10, 12, false, [0.9, 0, 0.1, 0]),
        new(13, 15, false, [0.1, 0.1, 0.1, 0.7]), new(15, 18, true, [0.8, 0.1, 0.1, 0]),
    ];

    [Theory]
    [InlineData(TokenAggregation.None, "B-PER 0-4 0.6, I-PER 4-9 0.85, B-LOC 13-15 0.7")]
    [InlineData(TokenAggregation.Simple, "PER 0-9 0.725, LOC 13-15 0.7")]
    [InlineData(TokenAggregation.First, "PER 0-9 0.6, LOC 13-18 0.7")]
    [InlineData(TokenAggregation.Average, "PER 0-9 0.525")]
    [InlineData(TokenAggregation.Max, "PER 0-9 0.85")]
    public void EachStrategyGroupsAsTheReferenceDoes(TokenAggregation aggregation, string expected) =>
        Assert.Equal(expected, string.Join(", ", TokenEntities.Of(Text, s_labels, aggregation, s_tokens).Select(entity =>
            FormattableString.Invariant($"{entity.Type} {entity.Start}-{entity.End} {Math.Round(entity.Score, 6)}"))));

    [Theory]
    [InlineData("Anna lives in 北京市。", "Anna lives in 北 京 市 。")]
    [InlineData("東京タワー", "東 京 タ ワ ー")]
    [InlineData("Ann's (Rome)", "Ann ' s ( Rome )")]
    public void WordsOfAWritingWithoutSpacesAreItsCharacters(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', WordSplitter.Split(text).Words));
}
