using System.Text.Json;
using Graft.Data.Tagging;
using Graft.Tests.Evaluation;

namespace Graft.Tests.Data;

public sealed class TagSchemeTests
{
    [Fact]
    public void LenientEntitiesEqualSeqeval()
    {
        foreach (JsonElement example in Golden.Cases("sequence-labelling.json"))
        {
            foreach ((string side, string key) in (ReadOnlySpan<(string, string)>)[("true", "y_true"), ("pred", "y_pred")])
            {
                IEnumerable<string> expected = example
                    .GetProperty("entities_default")
                    .GetProperty(side)
                    .EnumerateArray()
                    .Select(sentence =>
                        string.Join(' ', sentence.EnumerateArray().Select(entity => $"{entity[0]}:{entity[1]}:{entity[2].GetInt32() + 1}"))
                    );
                IEnumerable<string> actual = example
                    .GetProperty(key)
                    .EnumerateArray()
                    .Select(tags => Text(LenientDecoder.Decode(tags.Strings())));
                Assert.Equal(expected, actual);
            }
        }
    }

    [Fact]
    public void StrictEntitiesEqualSeqeval()
    {
        foreach (
            JsonElement example in Golden.Cases("sequence-labelling.json", example => example.TryGetProperty("entities_strict", out _))
        )
        {
            foreach (JsonProperty scheme in example.GetProperty("entities_strict").EnumerateObject())
            {
                StrictDecoder decoder = StrictDecoder.For(Enum.Parse<TagScheme>(scheme.Name, ignoreCase: true));
                foreach ((string side, string key) in (ReadOnlySpan<(string, string)>)[("true", "y_true"), ("pred", "y_pred")])
                {
                    IEnumerable<string> expected = scheme
                        .Value.GetProperty(side)
                        .EnumerateArray()
                        .Select(sentence =>
                            string.Join(' ', sentence.EnumerateArray().Select(entity => $"{entity[1]}:{entity[2]}:{entity[3]}"))
                        );
                    IEnumerable<string> actual = example
                        .GetProperty(key)
                        .EnumerateArray()
                        .Select(tags => Text(decoder.Decode(tags.Strings())));
                    Assert.Equal(expected, actual);
                }
            }
        }
    }

    [Theory]
    [InlineData("DET NOUN VERB", nameof(TagScheme.None))]
    [InlineData("O I-PER I-PER O I-LOC B-LOC", nameof(TagScheme.Iob1))]
    [InlineData("O B-PER I-PER O B-LOC B-LOC", nameof(TagScheme.Iob2))]
    [InlineData("I-PER E-PER O E-LOC", nameof(TagScheme.Ioe2))]
    [InlineData("I-PER I-PER O I-LOC E-LOC I-LOC", nameof(TagScheme.Ioe1))]
    [InlineData("B-PER E-PER O S-LOC", nameof(TagScheme.Iobes))]
    [InlineData("B-PER L-PER O U-LOC", nameof(TagScheme.Bilou))]
    [InlineData("O O", nameof(TagScheme.None))]
    public void SchemesAreRecognised(string tags, string scheme) =>
        Assert.Equal(scheme, TagSchemes.Detect([tags.Split(' ')]).ToString());

    [Theory]
    [InlineData("I-PER B-PER O I-LOC I-LOC", "B-PER B-PER O B-LOC I-LOC")]
    [InlineData("I-PER E-PER E-PER", "B-PER I-PER B-PER")]
    [InlineData("U-LOC U-LOC B-PER L-PER L-PER", "B-LOC B-LOC B-PER I-PER B-PER")]
    [InlineData("S-LOC B-PER I-PER E-PER O", "B-LOC B-PER I-PER I-PER O")]
    public void EverySchemeConvertsToIob2(string tags, string iob2) =>
        Assert.Equal(iob2.Split(' '), TagSchemes.ToIob2(tags.Split(' '), TagSchemes.Detect([tags.Split(' ')])));

    [Theory]
    [InlineData("O I-PER B-LOC I-LOC", nameof(TagScheme.Iob2), "1")]
    [InlineData("B-PER I-LOC X-LOC", nameof(TagScheme.Iob2), "1 2")]
    [InlineData("B-PER O S-LOC E-LOC", nameof(TagScheme.Iobes), "0 3")]
    [InlineData("B-PER I-PER O", nameof(TagScheme.Iob1), "0")]
    [InlineData("B-PER I-PER O B-LOC", nameof(TagScheme.Iob2), "")]
    public void TagsThatBreakTheSchemeAreFound(string tags, string scheme, string indices) =>
        Assert.Equal(
            indices,
            string.Join(' ', TagSchemes.Problems(tags.Split(' '), Enum.Parse<TagScheme>(scheme)).Select(problem => problem.Index))
        );

    private static string Text(IEnumerable<EntitySpan> entities) =>
        string.Join(' ', entities.Select(entity => $"{entity.Type}:{entity.Start}:{entity.End}"));
}
