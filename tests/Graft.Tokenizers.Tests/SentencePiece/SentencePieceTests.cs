using System.Globalization;
using CsCheck;
using Graft.Tokenizers.SentencePiece;

namespace Graft.Tokenizers.Tests.SentencePiece;

/// <summary>What holds for every text, and what happens to damaged files.</summary>
public sealed class SentencePieceTests
{
    private static readonly Gen<string> s_texts = Gen.Frequency(
        (3, Gen.String[Gen.Char[' ', '~'], 0, 40]),
        (
            2,
            Gen.String[
                Gen.OneOf(
                    Gen.Char['a', 'e'],
                    Gen.Const(' '),
                    Gen.Const('\u0301'),
                    Gen.Const('\u2581'),
                    Gen.Const('ﬁ'),
                    Gen.Const('か'),
                    Gen.Const('\u3099')
                ),
                0,
                40
            ]
        ),
        (1, Gen.String)
    );

    [Theory]
    [InlineData("t5-base", "spiece.model")]
    [InlineData("albert-base", "spiece.model")]
    [InlineData("hf-test-sentencepiece", "test_sentencepiece_bpe.model")]
    [InlineData("hf-test-sentencepiece", "test_sentencepiece_bpe_char.model")]
    [InlineData("hf-test-sentencepiece", "test_sentencepiece_with_bytefallback.model")]
    public void PiecesCoverTheTextInOrder(string folder, string file)
    {
        SentencePieceProcessor processor = SentencePieceProcessor.Load(TestData.Shared("vocab", folder, file));
        s_texts.Sample(
            text =>
            {
                SentencePieceEncoding encoding = processor.EncodeWithPlaces(text);
                int length = System.Text.Encoding.UTF8.GetByteCount(text);
                int previous = 0;
                foreach (SentencePiecePlace piece in encoding.Pieces)
                {
                    Assert.InRange(piece.Start, previous, length);
                    Assert.InRange(piece.End, piece.Start, length);
                    previous = piece.End;
                }

                bool hasBytes = encoding.Pieces.Any(piece => processor.Pieces[piece.Id].Type == SentencePieceType.Byte);
                if (!hasBytes) Assert.Equal(encoding.Normalized, string.Concat(encoding.Pieces.Select(piece => piece.Piece)));
                Assert.Equal(encoding.Pieces.Select(piece => piece.Id), processor.Encode(text));
            },
            iter: 2000);
    }

    [Fact]
    public void WordsSegmentedByThemselvesEqualTheWholeText()
    {
        SentencePieceModel model = SentencePieceModel.Load(
            TestData.Shared("vocab", "hf-test-sentencepiece", "test_sentencepiece_bpe.model")
        );
        SentencePieceVocabulary vocabulary = new(model);
        BpeWordCache cache = new(vocabulary);
        BpeSegmenter whole = new(vocabulary);
        Gen.String[Gen.OneOf(Gen.Char['a', 'z'], Gen.Const('é')), 1, 30].Sample(
            word =>
            {
                byte[] bytes = System.Text.Encoding.UTF8.GetBytes("\u2581" + word);
                List<Segment> expected = [], actual = [];
                whole.SegmentRange(bytes, 0, expected);
                if (cache.TrySegment(bytes, 0, bytes.Length, actual)) Assert.Equal(expected, actual);
            },
            iter: 5000,
            threads: 1);
    }

    [Theory]
    [InlineData("t5-base", "spiece.model")]
    [InlineData("hf-test-sentencepiece", "test_sentencepiece_bpe.model")]
    public void TheSteadyStateAllocatesNothing(string folder, string file)
    {
        SentencePieceProcessor processor = SentencePieceProcessor.Load(TestData.Shared("vocab", folder, file));
        const string Text = "The quick brown fox, naïve as ever, jumps over 1,000 lazy dogs — without a care.";
        List<int> ids = new(256);
        for (int i = 0; i < 3; i++) Encode();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) Encode();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Encode()
        {
            ids.Clear();
            processor.Encode(Text.AsSpan(), ids);
        }
    }

    [Fact]
    public void AnswersDoNotDependOnTheCulture()
    {
        SentencePieceProcessor processor = SentencePieceProcessor.Load(TestData.Shared("vocab", "albert-base", "spiece.model"));
        const string Text = "Iıİi DIŞ straße ﬁ 1.000,5 ΣΑΣ";
        int[] expected = processor.Encode(Text);
        CultureInfo culture = CultureInfo.CurrentCulture;
        try
        {
            foreach (string name in new[] { "tr-TR", "de-DE", "ar-SA" })
            {
                CultureInfo.CurrentCulture = new CultureInfo(name);
                Assert.Equal(expected, processor.Encode(Text));
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Theory]
    [InlineData("t5-base", "spiece.model")]
    [InlineData("hf-test-sentencepiece", "test_sentencepiece_bpe.model")]
    [InlineData("hf-test-sentencepiece", "test_sentencepiece_bpe_char.model")]
    public void LongLinesTakeLinearTime(string folder, string file)
    {
        SentencePieceProcessor processor = SentencePieceProcessor.Load(TestData.Shared("vocab", folder, file));
        foreach (char character in "a \u0301=\u2581")
        {
            List<int> ids = [];
            System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
            processor.Encode(new string(character, 1_000_000), ids);
            Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
        }
    }

    [Fact]
    public void DamagedFilesAreRefused()
    {
        byte[] file = File.ReadAllBytes(TestData.Shared("vocab", "keras-hub-toy-spm", "no_special_token_vocab.spm"));
        Random random = new(7);
        for (int i = 0; i < 300; i++)
        {
            byte[] damaged = (byte[])file.Clone();
            for (int k = 0; k < 4; k++)
                damaged[i < 200 ? random.Next(Math.Min(400, damaged.Length)) : random.Next(damaged.Length)] = (byte)random.Next(256);
            ReadOnlySpan<byte> bytes = damaged.AsSpan(0, i % 3 == 0 ? random.Next(damaged.Length) : damaged.Length);
            try
            {
                SentencePieceModel model = SentencePieceModel.Read(bytes, "damaged.model");
                SentencePieceSession session = new(new SentencePieceVocabulary(model));
                session.Encode("a ﬁne text, か\u3099"u8);
            }
            catch (InputException error)
            {
                Assert.DoesNotContain('\n', error.Message);
            }
        }

        Assert.Contains(
            "SentencePiece model",
            Assert.Throws<InputException>(() => SentencePieceModel.Read("not a model"u8, "x.model")).Message
        );
        Assert.StartsWith("x.model:", Assert.Throws<InputException>(() => SentencePieceModel.Read([], "x.model")).Message);
    }

    [Fact]
    public void AnIdOutsideTheVocabularyIsRefused()
    {
        SentencePieceProcessor processor = SentencePieceProcessor.Load(
            TestData.Shared("vocab", "keras-hub-toy-spm", "no_special_token_vocab.spm")
        );
        Assert.Contains("id 99", Assert.Throws<InputException>(() => processor.Decode([99])).Message);
    }
}
