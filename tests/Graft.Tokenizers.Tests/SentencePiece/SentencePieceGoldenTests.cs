using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Graft.Tokenizers.SentencePiece;

namespace Graft.Tokenizers.Tests.SentencePiece;

/// <summary>
/// SentencePiece's own answers on every model file: pieces, surfaces, offsets, normalized and decoded text, the five best.
/// </summary>
public sealed class SentencePieceGoldenTests
{
    public static TheoryData<string, string> Models =>
        new(
            new[]
            {
                ("albert-base", "spiece.model"),
                ("t5-base", "spiece.model"),
                ("hf-test-sentencepiece", "test_sentencepiece.model"),
                ("hf-test-sentencepiece", "test_sentencepiece_bpe.model"),
                ("hf-test-sentencepiece", "test_sentencepiece_bpe_char.model"),
                ("hf-test-sentencepiece", "test_sentencepiece_no_bos.model"),
                ("hf-test-sentencepiece", "test_sentencepiece_with_bytefallback.model"),
                ("keras-hub-toy-spm", "albert_test_vocab.spm"),
                ("keras-hub-toy-spm", "deberta_v3_test_vocab.spm"),
                ("keras-hub-toy-spm", "f_net_test_vocab.spm"),
                ("keras-hub-toy-spm", "no_special_token_vocab.spm"),
                ("keras-hub-toy-spm", "t5_test_vocab.spm"),
                ("keras-hub-toy-spm", "tokenizer_test_vocab.spm"),
                ("keras-hub-toy-spm", "xlm_roberta_test_vocab.spm"),
            }
        );

    [Theory]
    [MemberData(nameof(Models))]
    public void AnswersAreSentencePieces(string folder, string file)
    {
        SentencePieceProcessor processor = SentencePieceProcessor.Load(TestData.Shared("vocab", folder, file));
        string golden = TestData.Shared("tokens", $"spm.{folder}.{Path.GetFileNameWithoutExtension(file)}.jsonl.gz");
        using StreamReader reader = new(new GZipStream(File.OpenRead(golden), CompressionMode.Decompress));
        int records = 0;
        while (reader.ReadLine() is string line)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            Check(processor, document.RootElement);
            records++;
        }

        Assert.InRange(records, 250, int.MaxValue);
    }

    private static void Check(SentencePieceProcessor processor, JsonElement record)
    {
        string name = record.GetProperty("id").GetString()!;
        string text = record.GetProperty("text").GetString()!;
        SentencePieceEncoding encoding = processor.EncodeWithPlaces(text);
        int[] ids = [.. Numbers(record.GetProperty("ids"))];
        Assert.True(
            ids.SequenceEqual(encoding.Pieces.Select(p => p.Id)),
            $"{name}: ids: {string.Join(' ', encoding.Pieces.Select(p => p.Piece))} instead of {record.GetProperty("tokens")}"
        );
        Assert.True(ids.SequenceEqual(processor.Encode(text)), $"{name}: ids by the short way");
        Assert.Equal(Strings(record, "tokens"), encoding.Pieces.Select(p => p.Piece));
        Assert.Equal(record.GetProperty("normalized").GetString(), encoding.Normalized);
        bool inBytes = record.TryGetProperty("byte_offsets", out JsonElement places);
        if (!inBytes) places = record.GetProperty("offsets");
        int[] characters = CharacterOfByte(text);
        Assert.Equal(
            places.EnumerateArray().SelectMany(Numbers),
            encoding.Pieces.SelectMany(p => inBytes ? new[] { p.Start, p.End } : [characters[p.Start], characters[p.End]]));
        if (!inBytes) Assert.Equal(Strings(record, "surfaces"), encoding.Pieces.Select(p => p.Surface));
        Assert.Equal(record.GetProperty("decoded").GetString(), processor.Decode(ids));
        if (!record.TryGetProperty("nbest5", out JsonElement best))
            return;
        IEnumerable<string> expected = best.EnumerateArray()
            .Select(b => string.Join(' ', b.EnumerateArray().Select(piece => piece.GetString())));
        Assert.Equal(expected, processor.EncodeBest(text, 5).Select(b => string.Join(' ', b.Pieces.Select(p => p.Piece))));
    }

    private static IEnumerable<int> Numbers(JsonElement array) => array.EnumerateArray().Select(n => n.GetInt32());

    private static IEnumerable<string> Strings(JsonElement record, string name) =>
        record.GetProperty(name).EnumerateArray().Select(s => s.GetString()!);

    // For each byte of the UTF-8 text, and its end, the number of characters begun before it.
    private static int[] CharacterOfByte(string text)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);
        int[] characters = new int[bytes.Length + 1];
        for (int i = 0; i < bytes.Length; i++) characters[i + 1] = characters[i] + ((bytes[i] & 0xC0) == 0x80 ? 0 : 1);
        for (int i = 0; i < bytes.Length; i++)
        {
            if ((bytes[i] & 0xC0) == 0x80) characters[i]--;
        }

        return characters;
    }
}
