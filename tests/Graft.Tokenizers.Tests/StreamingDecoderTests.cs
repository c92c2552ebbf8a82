namespace Graft.Tokenizers.Tests;

public sealed class StreamingDecoderTests
{
    [Fact]
    public void ACharacterComesWithTheLastOfItsBytes()
    {
        Tokenizer tokenizer = Tokenizer.Load(TestData.Shared("vocab", "gpt2", "tokenizer.json"));
        int[] ids = tokenizer.EncodeIds(" 😀!", addSpecialTokens: false);
        StreamingDecoder decoder = new(tokenizer);
        string[] parts = [.. ids.Select(decoder.Add)];
        Assert.Equal(" 😀!", string.Concat(parts) + decoder.Finish());
        Assert.All(parts, part => Assert.DoesNotContain('\uFFFD', part));
        Assert.Contains("", parts);
    }

    [Theory]
    [InlineData("bert-base-uncased", "the unaffable don't, 3 words.")]
    [InlineData("t5-base", "Hello world, again.")]
    [InlineData("roberta-base", "naïve café 中文")]
    public void ThePartsAreTheText(string vocabulary, string text)
    {
        Tokenizer tokenizer = Tokenizer.Load(TestData.Shared("vocab", vocabulary, "tokenizer.json"));
        int[] ids = tokenizer.EncodeIds(text);
        StreamingDecoder decoder = new(tokenizer);
        for (int round = 0; round < 2; round++)
            Assert.Equal(tokenizer.Decode(ids), string.Concat(ids.Select(decoder.Add)) + decoder.Finish());
    }

    [Fact]
    public void LongStreamsTakeLinearTime()
    {
        Tokenizer tokenizer = Tokenizer.Load(TestData.Shared("vocab", "gpt2", "tokenizer.json"));
        int a = tokenizer.TokenToId("a")!.Value;
        StreamingDecoder decoder = new(tokenizer);
        long started = System.Diagnostics.Stopwatch.GetTimestamp();
        int length = Enumerable.Range(0, 200_000).Sum(_ => decoder.Add(a).Length) + decoder.Finish().Length;
        Assert.Equal(200_000, length);
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void BytesThatNeverBecomeACharacterComeAtTheEnd()
    {
        Tokenizer tokenizer = Tokenizer.Load(TestData.Shared("vocab", "gpt2", "tokenizer.json"));
        StreamingDecoder decoder = new(tokenizer);
        Assert.Equal("", decoder.Add(tokenizer.TokenToId("Ã")!.Value));
        Assert.Equal("\uFFFD", decoder.Finish());
        Assert.Equal("", decoder.Finish());
    }
}
