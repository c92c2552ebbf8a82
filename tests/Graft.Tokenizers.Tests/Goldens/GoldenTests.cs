using System.Text.Json;

namespace Graft.Tokenizers.Tests.Goldens;

/// <summary>
/// Every published tokenizer at hand gives the reference's answers to every recorded question, by every way it can be loaded.
/// </summary>
public sealed class GoldenTests
{
    /// <summary>Record file and what is loaded to answer it.</summary>
    public static TheoryData<string, string> Records => new()
    {
        { "bert-base-uncased", "bert-base-uncased/tokenizer.json" },
        { "bert-base-uncased", "bert-base-uncased/vocab.txt" },
        { "bert-base-cased", "bert-base-cased/tokenizer.json" },
        { "bert-base-cased", "bert-base-cased/vocab.txt" },
        { "bert-base-multilingual-cased", "bert-base-multilingual-cased/tokenizer.json" },
        { "tokenizers-doc-bert-wiki", "tokenizers-doc-bert-wiki/tokenizer.json" },
        { "tokenizers-doc-bpe-wiki", "tokenizers-doc-bpe-wiki/tokenizer.json" },
        { "gpt2", "gpt2/tokenizer.json" },
        { "gpt2", "gpt2/vocab.json" },
        { "roberta-base", "roberta-base/tokenizer.json" },
        { "roberta-base", "roberta-base/vocab.json" },
        { "albert-base", "albert-base/tokenizer.json" },
        { "albert-base", "albert-base/spiece.model" },
        { "t5-base", "t5-base/tokenizer.json" },
        { "t5-base", "t5-base/spiece.model" },
        { "xlm-roberta-toy", "hf-test-sentencepiece/xlm-roberta-toy/tokenizer.json" },
    };

    /// <summary>Bulk file and what is loaded to answer it.</summary>
    public static TheoryData<string, string> Bulk => new()
    {
        { "bert-base-uncased", "bert-base-uncased" },
        { "bert-base-cased", "bert-base-cased" },
        { "roberta-base", "roberta-base" },
        { "albert-base", "albert-base" },
        { "t5-base", "t5-base" },
    };

    [Theory]
    [MemberData(nameof(Records))]
    public void EveryRecordIsAnsweredAsByTheReference(string records, string source)
    {
        Tokenizer tokenizer = Tokenizer.Load(TestData.Shared(["vocab", .. source.Split('/')]));
        List<string> differences = GoldenRecords.Differences(tokenizer, TestData.Shared("tokens", records + ".jsonl.gz"));
        Assert.True(differences.Count == 0, $"{differences.Count} records differ:\n{string.Join('\n', differences.Take(12))}");
    }

    [Theory]
    [MemberData(nameof(Bulk))]
    public void EveryBulkLineHasTheReferencesIds(string records, string source)
    {
        Tokenizer tokenizer = Tokenizer.Load(TestData.Shared("vocab", source));
        string[] texts =
        [
            .. GoldenRecords.Read(TestData.Shared("tokens", "bulk.texts.jsonl.gz")).Select(line => line.GetProperty("text").GetString()!),
        ];
        List<string> differences = [];
        TokenBuffer tokens = new();
        foreach (JsonElement line in GoldenRecords.Read(TestData.Shared("tokens", records + ".bulk.jsonl.gz")))
        {
            string text = texts[line.GetProperty("i").GetInt32()];
            tokenizer.Encode(text, tokens);
            int[] expected = [.. line.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            if (!tokens.Ids.SequenceEqual(expected))
                differences.Add($"{text}\n  expected {string.Join(' ', expected)}\n  found    {string.Join(' ', tokens.Ids.ToArray())}");
        }

        Assert.True(differences.Count == 0, $"{differences.Count} lines differ:\n{string.Join('\n', differences.Take(8))}");
    }
}
