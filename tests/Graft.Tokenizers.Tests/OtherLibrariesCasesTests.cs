using System.Text.Json;

namespace Graft.Tokenizers.Tests;

/// <summary>Cases from the tests of other libraries, for the vocabularies at hand.</summary>
public sealed class OtherLibrariesCasesTests
{
    public static TheoryData<string, string, string> Cases => new()
    {
        { "bert.json", "Xenova/bert-base-uncased", "bert-base-uncased" },
        { "bert.json", "Xenova/bert-base-cased", "bert-base-cased" },
        { "bert.json", "Xenova/bert-base-multilingual-cased-ner-hrl", "bert-base-multilingual-cased" },
        { "bert.json", "google-bert/bert-base-cased", "bert-base-cased" },
        { "bert.json", "Xenova/spanbert-large-cased", "bert-base-cased" },
        { "distilbert.json", "Xenova/distilbert-base-cased-distilled-squad", "bert-base-cased" },
        { "distilbert.json", "Xenova/distilbert-base-uncased-finetuned-sst-2-english", "bert-base-uncased" },
        { "distilbert.json", "Xenova/distiluse-base-multilingual-cased-v2", "bert-base-multilingual-cased" },
        { "distilbert.json", "distilbert/distilbert-base-multilingual-cased", "bert-base-multilingual-cased" },
        { "roberta.json", "Xenova/all-distilroberta-v1", "roberta-base" },
        { "gpt2.json", "Xenova/gpt2", "gpt2" },
        { "albert.json", "Xenova/albert-base-v2", "albert-base" },
        { "t5.json", "Xenova/t5-small", "t5-base" },
        { "t5.json", "google-t5/t5-small", "t5-base" },
        { "gpt2.json", "openai-community/gpt2", "gpt2" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void TransformersJsCasesHaveTheseIdsTokensAndDecodings(string file, string model, string vocabulary)
    {
        Tokenizer tokenizer = Tokenizer.Load(TestData.Shared("vocab", vocabulary, "tokenizer.json"));

        // SpanBERT's folder has the cased vocabulary alone, which makes a lower-casing tokenizer.
        if (model == "Xenova/spanbert-large-cased")
            tokenizer = tokenizer.With(new() { LowerCase = true });
        using JsonDocument document = JsonDocument.Parse(
            File.ReadAllBytes(TestData.Shared("fixtures", "transformers.js-tokenizer-cases", file))
        );
        if (!document.RootElement.TryGetProperty(model, out JsonElement cases))
            Assert.Skip($"{file} has no {model}");
        List<string> differences = [];
        foreach (JsonProperty item in cases.EnumerateObject())
        {
            if (!item.Value.TryGetProperty("ids", out JsonElement ids)) continue;
            string? pair = item.Value.TryGetProperty("text_pair", out JsonElement second) ? second.GetString() : null;
            TokenizedText encoded = tokenizer.Encode(item.Value.GetProperty("text").GetString()!, pair);
            Compare("ids", string.Join(' ', ids.EnumerateArray().Select(id => id.GetInt32())), string.Join(' ', encoded.Ids));
            if (item.Value.TryGetProperty("decoded", out JsonElement decoded))
                Compare(
                    "decoded",
                    decoded.GetString()!,
                    tokenizer.Decode(encoded.Ids, new() { SkipSpecialTokens = false, CleanUpSpaces = true })
                );
            if (item.Value.TryGetProperty("tokens", out JsonElement tokens) && pair is null)
            {
                Compare(
                    "tokens",
                    tokens.ToString(),
                    System.Text.Json.JsonSerializer.Serialize(encoded.Tokens.Where((_, i) => encoded.SpecialTokensMask[i] == 0))
                );
            }

            void Compare(string what, string expected, string found)
            {
                if (what == "tokens")
                    expected = System.Text.Json.JsonSerializer.Serialize(System.Text.Json.JsonSerializer.Deserialize<string[]>(expected));
                if (found != expected)
                    differences.Add($"{item.Name} {what}\n  expected {expected}\n  found    {found}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    [Theory]
    [InlineData("wrong-model-type.json", "model")]
    [InlineData("wrong-normalizer.json", "normalizer")]
    [InlineData("wrong-pretokenizer.json", "pre_tokenizer")]
    [InlineData("wrong-version.json", "version")]
    [InlineData("no-cls.txt", "[CLS]")]
    [InlineData("no-sep.txt", "[SEP]")]
    [InlineData("no-pad.txt", "[PAD]")]
    [InlineData("no-unk.txt", "[UNK]")]
    public void FilesThatAreWrongAreRefusedByName(string file, string named)
    {
        InputException error = Assert.Throws<InputException>(() =>
            Tokenizer.Load(TestData.Shared("fixtures", "fastberttokenizer", "data", "invalid", file))
        );
        Assert.Contains(named, error.Message);
        Assert.Contains(file, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("{", "not valid JSON")]
    [InlineData("{}", "model")]
    [InlineData("""{"model":{"type":"WordPiece","vocab":{"a":0}}}""", "[UNK]")]
    [InlineData("""{"model":{"type":"WordPiece","vocab":{"[UNK]":-1}}}""", "-1")]
    [InlineData("""{"model":{"type":"WordPiece","vocab":{"[UNK]":99999999999}}}""", "99999999999")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b"]}}""", "\"ab\"")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0,"b":1},"merges":["a b c"]}}""", "merges[0]")]
    [InlineData("""{"model":{"type":"Unigram","unk_id":7,"vocab":[["a",0.0]]}}""", "unk_id")]
    [InlineData("""{"model":{"type":"Unigram","unk_id":0,"vocab":[["a"]]}}""", "vocab[0]")]
    [InlineData(
        """{"model":{"type":"WordLevel","vocab":{"<unk>":0}},"pre_tokenizer":{"type":"Split","pattern":"""
            + """{"Regex":"(a)\\1"},"behavior":"Isolated"}}""",
        "(a)\\1"
    )]
    [InlineData(
        """{"model":{"type":"WordLevel","vocab":{"<unk>":0}},"normalizer":{"type":"Precompiled","precompiled_charsmap":"AAAA"}}""",
        "precompiled_charsmap"
    )]
    public void DamagedFilesAreRefusedByThePartThatIsWrong(string json, string named)
    {
        InputException error = Assert.Throws<InputException>(() => Tokenizer.FromJson(System.Text.Encoding.UTF8.GetBytes(json)));
        Assert.Contains(named, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }
}
