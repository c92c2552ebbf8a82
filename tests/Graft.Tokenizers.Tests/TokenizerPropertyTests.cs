using CsCheck;

namespace Graft.Tokenizers.Tests;

/// <summary>What must hold for any text, well formed or not, whatever the tokenizer.</summary>
public sealed class TokenizerPropertyTests
{
    private static readonly Dictionary<string, Tokenizer> s_loaded = [];

    private static readonly string[] s_parts =
    [
        " ",
        "  ",
        "\t",
        "\n",
        "\r\n",
        "\0",
        "\u0085",
        "\u00A0",
        "\u200B",
        "\u3000",
        "▁",
        "hello",
        "Hello",
        "unaffable",
        "don't",
        "’s",
        "1,000,",
        "$100",
        "café",
        "cafe\u0301",
        "\u0301",
        "\u200D",
        "\u0600",
        "ﬁ\u0301",
        "中文字",
        "か\u3099",
        "한국어",
        "İSTANBUL",
        "ß",
        "“quoted”",
        "—",
        "👩‍👩‍👧",
        "🇩🇪",
        "\uD83D",
        "\uDE00",
        "\u0014",
        "[MASK]",
        " <mask>",
        "</s>",
        "<unk>",
        "[CLS]",
        "<pad>",
        "``",
        "''",
    ];

    // Pieces of everything that has ever mattered to a tokenizer, put together at random.
    private static readonly Gen<string> s_text = Gen.OneOf(
        Gen.Const(s_parts).SelectMany(parts => Gen.Int[0, parts.Length - 1].Select(index => parts[index])),
        Gen.Char['\0', '\uFFFF'].Select(unit => unit.ToString()),
        Gen.Char['a', 'z'].Array[1, 30].Select(units => new string(units))).Array[0, 20].Select(parts => string.Concat(parts));

    public static TheoryData<string> Vocabularies =>
        [
            "bert-base-uncased",
            "bert-base-cased",
            "roberta-base",
            "gpt2",
            "t5-base",
            "albert-base",
            "tokenizers-doc-bert-wiki",
            "tokenizers-doc-bpe-wiki",
        ];

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void ABufferHoldsWhatAnEncodingHolds(string vocabulary)
    {
        Tokenizer tokenizer = Load(vocabulary);
        TokenBuffer buffer = new(withOffsets: true);
        s_text.Sample(
            text =>
            {
                TokenizedText encoding = tokenizer.Encode(text);
                tokenizer.Encode(text, buffer);
                return buffer.Ids.SequenceEqual(encoding.Ids)
                    && buffer.Offsets.SequenceEqual(encoding.Offsets)
                    && buffer.WordIds.SequenceEqual(encoding.WordIds);
            },
            iter: 400,
            threads: 1);
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void WordsEncodedOneByOneAreTheTextEncodedWhole(string vocabulary)
    {
        Tokenizer tokenizer = Load(vocabulary);
        Pipeline.TokenizerParts parts = ((Pipeline.PipelineCore)tokenizer.Core).Parts;
        Pipeline.EncodeSession fast = new(parts, new Pipeline.WordMemo());
        Pipeline.EncodeSession plain = new(parts with { Scanner = Pipeline.ScannerKind.None }, new Pipeline.WordMemo());
        Assert.NotEqual(Pipeline.ScannerKind.None, parts.Scanner);
        s_text.Sample(
            text =>
            {
                TokenBuffer first = new(withOffsets: true);
                TokenBuffer second = new(withOffsets: true);
                fast.Encode(text, splitSpecialTokens: false, first);
                plain.Encode(text, splitSpecialTokens: false, second);
                return first.Ids.SequenceEqual(second.Ids)
                    && first.Offsets.SequenceEqual(second.Offsets)
                    && first.WordIds.SequenceEqual(second.WordIds);
            },
            iter: 600,
            threads: 1);
    }

    // What the Rust reference answers: what its character map deletes at the start of a text, it does not count.
    [Theory]
    [InlineData("t5-base", "\u0014 hello you", "1-6 7-10")]
    [InlineData("t5-base", "a \u0014hello you", "0-1 0-1 3-8 9-12")]
    [InlineData("t5-base", "x\r\n\u0014 \u0014b c", "0-1 0-1 6-7 6-7 8-9 8-9")]
    [InlineData("albert-base", "\u0014 hello you", "1-6 7-10")]
    [InlineData("albert-base", "a \u0014hello you", "0-1 3-8 9-12")]
    [InlineData("albert-base", "x\r\n\u0014 \u0014b c", "0-1 6-7 8-9")]
    public void DeletedCharactersMovePlacesAsInTheReference(string vocabulary, string text, string offsets)
    {
        TokenizedText encoding = Load(vocabulary).Encode(text, options: new() { AddSpecialTokens = false });
        Assert.Equal(offsets, string.Join(' ', encoding.Offsets.Select(range => $"{range.Start}-{range.End}")));
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void OffsetsLieWithinTheTextAndDoNotGoBack(string vocabulary)
    {
        Tokenizer tokenizer = Load(vocabulary);
        s_text.Sample(
            text =>
            {
                TextRange[] offsets = tokenizer.Encode(text, options: new() { AddSpecialTokens = false }).Offsets;
                bool within = offsets.All(range => range.Start >= 0 && range.Start <= range.End && range.End <= text.Length);
                return within
                    && offsets.Zip(offsets.Skip(1)).All(pair => pair.First.Start <= pair.Second.Start && pair.First.End <= pair.Second.End);
            },
            iter: 300,
            threads: 1);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("roberta-base")]
    public void ByteLevelTokensDecodeToTheTextAndStreamToIt(string vocabulary)
    {
        Tokenizer tokenizer = Load(vocabulary);
        DecodeOptions options = new() { SkipSpecialTokens = false };
        s_text.Where(text => !text.Contains("<mask>")).Sample(
            text =>
            {
                int[] ids = tokenizer.EncodeIds(text, addSpecialTokens: false);
                string expected = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
                StreamingDecoder stream = new(tokenizer, options);
                string streamed = string.Concat(ids.Select(stream.Add)) + stream.Finish();
                return tokenizer.Decode(ids, options) == expected && streamed == expected;
            },
            iter: 300,
            threads: 1);
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void WindowsCoverEveryToken(string vocabulary)
    {
        Tokenizer tokenizer = Load(vocabulary);
        Gen.Select(s_text, Gen.Int[5, 20], Gen.Int[0, 2])
            .Sample(
                (text, length, stride) =>
                {
                    int[] whole = tokenizer.EncodeIds(text, addSpecialTokens: false);
                    TokenizedText first = tokenizer.Encode(
                        text,
                        options: new()
                        {
                            AddSpecialTokens = false,
                            MaxLength = length,
                            Stride = stride,
                        }
                    );
                    IEnumerable<int> joined = first.Ids.Concat(first.Overflow.SelectMany(window => window.Ids.Skip(stride)));
                    return joined.SequenceEqual(whole);
                },
                iter: 200,
                threads: 1
            );
    }

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void SavingAndLoadingChangesNothing(string vocabulary)
    {
        string folder = Path.Combine(Path.GetTempPath(), "graft-tokenizer-" + Guid.NewGuid().ToString("N"));
        try
        {
            Tokenizer tokenizer = Load(vocabulary);
            tokenizer.Save(folder);
            Tokenizer again = Tokenizer.Load(folder);
            Assert.Equal(tokenizer.VocabSize, again.VocabSize);
            Assert.Equal(tokenizer.PadId, again.PadId);
            s_text.Sample(text => tokenizer.Encode(text, text).Ids.SequenceEqual(again.Encode(text, text).Ids), iter: 100, threads: 1);
        }
        finally
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
    }

    private static Tokenizer Load(string vocabulary)
    {
        string path = TestData.Shared("vocab", vocabulary, "tokenizer.json");
        lock (s_loaded)
        {
            if (!s_loaded.TryGetValue(vocabulary, out Tokenizer? tokenizer)) s_loaded[vocabulary] = tokenizer = Tokenizer.Load(path);
            return tokenizer;
        }
    }
}
