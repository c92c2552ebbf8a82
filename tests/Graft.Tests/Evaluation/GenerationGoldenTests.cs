using System.Text.Json;
using Graft.Evaluation;

namespace Graft.Tests.Evaluation;

public sealed class GenerationGoldenTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void RougeEqualsRougeScore(bool stem)
    {
        Rouge rouge = new(stem);
        foreach (JsonElement item in Sentences())
        {
            (string hypothesis, string reference) = Texts(item);
            JsonElement expected = item.GetProperty(stem ? "rouge_stemmed" : "rouge");
            ClassificationGoldenTests.Equal(expected.GetProperty("rouge1"), rouge.N(hypothesis, reference, 1), hypothesis);
            ClassificationGoldenTests.Equal(expected.GetProperty("rouge2"), rouge.N(hypothesis, reference, 2), hypothesis);
            ClassificationGoldenTests.Equal(expected.GetProperty("rougeL"), rouge.L(hypothesis, reference), hypothesis);
            ClassificationGoldenTests.Equal(expected.GetProperty("rougeLsum"), rouge.LSum(hypothesis, reference), hypothesis);
        }
    }

    [Fact]
    public void SentenceScoresEqualSacrebleu()
    {
        foreach (JsonElement item in Sentences())
        {
            (string hypothesis, string reference) = Texts(item);
            Golden.Equal(item.GetProperty("sentence_bleu_exp"), new Bleu().Sentence(hypothesis, [reference]).Score, hypothesis);
            Golden.Equal(
                item.GetProperty("sentence_bleu_floor"),
                new Bleu().Sentence(hypothesis, [reference], BleuSmoothing.Floor).Score,
                hypothesis
            );
            Golden.Equal(item.GetProperty("sentence_chrf"), new ChrF().Sentence(hypothesis, [reference]), hypothesis);
            Golden.Equal(item.GetProperty("sentence_chrf_pp"), new ChrF(2).Sentence(hypothesis, [reference]), hypothesis);
        }
    }

    [Fact]
    public void CorpusScoresEqualSacrebleu()
    {
        foreach (JsonElement example in Golden.Cases("generation.json", example => example.TryGetProperty("expected", out _)))
        {
            string[] hypotheses = example.GetProperty("hypotheses").Strings();
            string[][] references = example.GetProperty("references").EnumerateArray().Select(Golden.Strings).ToArray();
            BleuScore bleu = new Bleu().Corpus(hypotheses, references);
            JsonElement expected = example.Expected("bleu_13a");
            Golden.Equal(expected.GetProperty("score"), bleu.Score, example.Name());
            Golden.Equal(expected.GetProperty("precisions"), bleu.Precisions, example.Name());
            Golden.Equal(expected.GetProperty("brevity_penalty"), bleu.BrevityPenalty, example.Name());
            Golden.Equal(expected.GetProperty("counts"), bleu.Counts.Select(count => (double)count).ToArray(), example.Name());
            Golden.Equal(expected.GetProperty("totals"), bleu.Totals.Select(count => (double)count).ToArray(), example.Name());
            Assert.Equal(
                (expected.GetProperty("sys_len").GetInt64(), expected.GetProperty("ref_len").GetInt64()),
                (bleu.HypothesisLength, bleu.ReferenceLength)
            );
            Golden.Equal(
                example.Expected("bleu_13a_lowercase"),
                new Bleu(lowercase: true).Corpus(hypotheses, references).Score,
                example.Name()
            );
            Golden.Equal(
                example.Expected("bleu_tokenize_none"),
                new Bleu(BleuTokenization.None).Corpus(hypotheses, references).Score,
                example.Name()
            );
            Golden.Equal(
                example.Expected("bleu_char"),
                new Bleu(BleuTokenization.Characters).Corpus(hypotheses, references).Score,
                example.Name()
            );
            Golden.Equal(example.Expected("chrf"), new ChrF().Corpus(hypotheses, references), example.Name());
            Golden.Equal(example.Expected("chrf_pp"), new ChrF(2).Corpus(hypotheses, references), example.Name());
        }
    }

    [Theory]
    [InlineData("running", "run")]
    [InlineData("relational", "relat")]
    [InlineData("flies", "fli")]
    [InlineData("dies", "die")]
    [InlineData("spied", "spi")]
    [InlineData("died", "die")]
    [InlineData("enjoy", "enjoy")]
    [InlineData("happy", "happi")]
    [InlineData("hopping", "hop")]
    [InlineData("hoping", "hope")]
    [InlineData("falling", "fall")]
    [InlineData("agreed", "agre")]
    [InlineData("adoption", "adopt")]
    [InlineData("skies", "sky")]
    [InlineData("hopefulness", "hope")]
    [InlineData("radically", "radic")]
    [InlineData("controlled", "control")]
    public void PorterStems(string word, string stem) => Assert.Equal(stem, PorterStemmer.Stem(word));

    private static IEnumerable<JsonElement> Sentences() =>
        Golden.Cases("generation.json", example => example.TryGetProperty("items", out _))[0].GetProperty("items").EnumerateArray();

    private static (string Hypothesis, string Reference) Texts(JsonElement item) =>
        (item.GetProperty("hypothesis").GetString()!, item.GetProperty("reference").GetString()!);
}
