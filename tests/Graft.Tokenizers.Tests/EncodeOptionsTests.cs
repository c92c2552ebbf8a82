namespace Graft.Tokenizers.Tests;

/// <summary>
/// Every option of encoding on a tokenizer small enough to see the answer: words are tokens, <c>[CLS] a [SEP] b [SEP]</c>.
/// </summary>
public sealed class EncodeOptionsTests
{
    private const string Json = """
        {"pre_tokenizer":{"type":"WhitespaceSplit"},
         "post_processor":{"type":"BertProcessing","sep":["[SEP]",1],"cls":["[CLS]",2]},
         "added_tokens":[{"id":0,"content":"[PAD]","special":true},{"id":1,"content":"[SEP]","special":true},{"id":2,"content":"[CLS]",
         "special":true}],
         "model":{"type":"WordLevel","unk_token":"[UNK]","vocab":{"[PAD]":0,"[SEP]":1,"[CLS]":2,"[UNK]":3,"a":4,"b":5,"c":6,"d":7,"e":8,
         "f":9,"é":10,"😀":11}}}
        """;

    private static readonly Tokenizer s_tokenizer = Tokenizer.FromJson(System.Text.Encoding.UTF8.GetBytes(Json));

    [Theory]
    [InlineData(OffsetUnit.Utf16, "0-0 0-1 2-4 5-6 0-0")]
    [InlineData(OffsetUnit.CodePoint, "0-0 0-1 2-3 4-5 0-0")]
    [InlineData(OffsetUnit.Utf8, "0-0 0-2 3-7 8-9 0-0")]
    public void OffsetsCountInTheUnitAskedFor(OffsetUnit unit, string expected)
    {
        Assert.Equal(expected, Offsets(s_tokenizer.Encode("é 😀 a", options: new() { Offsets = unit })));
        Assert.Equal(
            "0-0 0-2 0-0".Replace(
                "2",
                unit switch
                {
                    OffsetUnit.Utf16 => "2",
                    OffsetUnit.CodePoint => "1",
                    _ => "4",
                }
            ),
            Offsets(s_tokenizer.EncodeWords(["😀"], options: new() { Offsets = unit }))
        );
    }

    [Theory]
    [InlineData(OffsetUnit.CodePoint, "0-1 1-2 2-3")]
    [InlineData(OffsetUnit.Utf8, "0-3 3-4 4-7")]
    public void ASurrogateWithoutItsPartnerCountsAsTheReplacementCharacter(OffsetUnit unit, string expected)
    {
        Tokenizer tokenizer = Tokenizer.FromJson(
            """
            {"pre_tokenizer":{"type":"Split","pattern":{"Regex":"."},"behavior":"Isolated"},
            "model":{"type":"WordLevel","unk_token":"?","vocab":{"?":0}}}
            """u8.ToArray()
        );
        Assert.Equal(expected, Offsets(tokenizer.Encode("\uD83Dx\uDE00", options: new() { Offsets = unit })));
    }

    [Theory]
    [InlineData(TruncationStrategy.LongestFirst, Side.Right, "[CLS] a b [SEP] e [SEP]")]
    [InlineData(TruncationStrategy.LongestFirst, Side.Left, "[CLS] c d [SEP] e [SEP]")]
    [InlineData(TruncationStrategy.OnlyFirst, Side.Right, "[CLS] a b [SEP] e [SEP]")]
    [InlineData(TruncationStrategy.OnlyFirst, Side.Left, "[CLS] c d [SEP] e [SEP]")]
    public void TruncationCutsTheTextAndTheSideAskedFor(TruncationStrategy strategy, Side side, string expected) =>
        Assert.Equal(
            expected,
            Tokens(
                s_tokenizer.Encode(
                    "a b c d",
                    "e",
                    new()
                    {
                        MaxLength = 6,
                        Truncation = strategy,
                        TruncationSide = side,
                    }
                )
            )
        );

    [Fact]
    public void OnlyTheSecondTextIsCutWhereThatIsAskedFor()
    {
        EncodeOptions options = new() { MaxLength = 6, Truncation = TruncationStrategy.OnlySecond, Stride = 1 };
        TokenizedText encoded = s_tokenizer.Encode("a", "b c d e", options);
        Assert.Equal(
            ["[CLS] a [SEP] b c [SEP]", "[CLS] a [SEP] c d [SEP]", "[CLS] a [SEP] d e [SEP]"],
            [Tokens(encoded), .. encoded.Overflow.Select(Tokens)]
        );
        Assert.Contains("only_second", Assert.Throws<InputException>(() => s_tokenizer.Encode("a b c d e", options: options)).Message);
        Assert.Throws<InputException>(() => s_tokenizer.Encode("a b c d", "e", options));
        Assert.Contains(
            "stride",
            Assert.Throws<InputException>(() => s_tokenizer.Encode("a", "b c d e", options with { Stride = 2 })).Message
        );
    }

    [Theory]
    [InlineData(PaddingMode.Longest, 0, 5)]
    [InlineData(PaddingMode.Longest, 4, 8)]
    [InlineData(PaddingMode.Longest, 5, 5)]
    [InlineData(PaddingMode.Fixed, 0, 7)]
    [InlineData(PaddingMode.Fixed, 8, 8)]
    public void PaddingMakesABatchAsLongAsAskedFor(PaddingMode mode, int multiple, int length)
    {
        foreach (Side side in new[] { Side.Right, Side.Left })
        {
            TokenizedText[] batch = s_tokenizer.EncodeBatch(
                ["a", "a b c"],
                null,
                new()
                {
                    Padding = mode,
                    PadLength = 7,
                    PadToMultipleOf = multiple,
                    PaddingSide = side,
                }
            );
            Assert.All(batch, encoded => Assert.Equal(length, encoded.Length));
            int[] padding = [.. Enumerable.Repeat(0, length - 3)];
            Assert.Equal(side == Side.Right ? [2, 4, 1, .. padding] : [.. padding, 2, 4, 1], batch[0].Ids);
            Assert.Equal(side == Side.Right ? [1, 1, 1, .. padding] : [.. padding, 1, 1, 1], batch[0].AttentionMask);
            Assert.Equal(length - 1, batch[0].SpecialTokensMask.Sum());
            Assert.Equal(length - 1, batch[0].WordIds.Count(word => word < 0));
        }
    }

    [Fact]
    public void ABufferIsCutLikeAText()
    {
        TokenBuffer buffer = new(withOffsets: true);
        foreach (Side side in new[] { Side.Right, Side.Left })
        {
            for (int length = 0; length < 8; length++)
            {
                EncodeOptions options = new() { MaxLength = length, TruncationSide = side };
                TokenizedText whole = s_tokenizer.Encode("a b é c", options: options);
                s_tokenizer.Encode("a b é c", buffer, options);
                Assert.Equal(whole.Ids, buffer.Ids);
                Assert.Equal(whole.Offsets, buffer.Offsets);
                Assert.Equal(whole.WordIds, buffer.WordIds);
            }
        }

        Assert.Contains(
            "buffer",
            Assert
                .Throws<InputException>(() => s_tokenizer.Encode("a", buffer, new EncodeOptions { Padding = PaddingMode.Longest }))
                .Message
        );
        Assert.Contains(
            "UTF-16",
            Assert.Throws<InputException>(() => s_tokenizer.Encode("a", buffer, new EncodeOptions { Offsets = OffsetUnit.Utf8 })).Message
        );
    }

    [Theory]
    [InlineData("bert-base-uncased")]
    [InlineData("roberta-base")]
    [InlineData("t5-base")]
    public void ABufferInTheSteadyStateCostsNoAllocation(string vocabulary)
    {
        Tokenizer tokenizer = Tokenizer.Load(TestData.Shared("vocab", vocabulary, "tokenizer.json"));
        string[] texts =
        [
            "Transfer learning helps when labels are few.",
            "Näıve café, 1,000,000 “quoted” words — and <mask> [MASK] tokens!",
            new string('x', 3000),
            "中文 😀",
        ];
        TokenBuffer buffer = new(withOffsets: true);
        TokenBuffer[] buffers = [.. texts.Select(_ => new TokenBuffer())];
        EncodeOptions cut = new() { MaxLength = 16 };
        for (int i = 0; i < 3; i++) EncodeAll();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++) EncodeAll();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void EncodeAll()
        {
            foreach (string text in texts)
            {
                tokenizer.Encode(text, buffer);
                tokenizer.Encode(text, buffer, cut);
            }
        }
    }

    [Theory]
    [InlineData("bert-base-uncased")]
    [InlineData("gpt2")]
    [InlineData("t5-base")]
    public void ABatchIsTheSameOnAnyNumberOfThreads(string vocabulary)
    {
        Tokenizer tokenizer = Tokenizer.Load(TestData.Shared("vocab", vocabulary, "tokenizer.json"));
        string[] texts =
        [
            .. Enumerable
                .Range(0, 700)
                .Select(i => string.Join(' ', Enumerable.Range(0, i % 23).Select(k => $"word{(i * 31) + k} café {k}"))),
        ];
        int[][] one = [.. tokenizer.EncodeBatch(texts).Select(encoded => encoded.Ids)];
        foreach (int threads in new[] { 2, 3, 8 })
        {
            Assert.Equal(one, tokenizer.EncodeBatch(texts, options: new() { Threads = threads }).Select(encoded => encoded.Ids));
            TokenBuffer[] buffers = [.. texts.Select(_ => new TokenBuffer())];
            tokenizer.EncodeToBuffers(texts, buffers, new() { Threads = threads });
            Assert.Equal(one, buffers.Select(buffer => buffer.Ids.ToArray()));
        }
    }

    [Fact]
    public void OfABatchThatCannotBeEncodedTheFirstErrorCounts()
    {
        string[] texts = [.. Enumerable.Repeat("a", 500)];
        string[] pairs = [.. Enumerable.Range(0, 500).Select(i => i >= 100 ? string.Join(' ', Enumerable.Repeat("b", i)) : "b")];
        EncodeOptions options = new() { MaxLength = 10, Truncation = TruncationStrategy.OnlyFirst, Threads = 2 };
        string expected = Assert.Throws<InputException>(() => s_tokenizer.EncodeBatch(texts, pairs, options with { Threads = 1 })).Message;
        for (int i = 0; i < 5; i++)
            Assert.Equal(expected, Assert.Throws<InputException>(() => s_tokenizer.EncodeBatch(texts, pairs, options)).Message);
    }

    [Fact]
    public void OptionsThatMakeNoSenseAreRefusedByName()
    {
        foreach (
            (EncodeOptions options, string name) in new (EncodeOptions, string)[]
            {
                (new() { MaxLength = -1 }, "MaxLength"),
                (new() { Stride = -1 }, "Stride"),
                (new() { PadToMultipleOf = -1 }, "PadToMultipleOf"),
                (new() { Threads = 0 }, "Threads"),
                (new() { Padding = PaddingMode.Fixed }, "PadLength"),
                (new() { Padding = PaddingMode.Longest, PadToken = "[NO]" }, "[NO]"),
            }
        )
        {
            Assert.Contains(name, Assert.Throws<InputException>(() => s_tokenizer.EncodeBatch(["a"], null, options)).Message);
        }
    }

    private static string Offsets(TokenizedText encoded) => string.Join(' ', encoded.Offsets.Select(range => $"{range.Start}-{range.End}"));

    private static string Tokens(TokenizedText encoded) => string.Join(' ', encoded.Tokens);
}
