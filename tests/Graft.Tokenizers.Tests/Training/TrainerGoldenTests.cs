using System.IO.Compression;
using System.Text.Json;
using Graft.Tokenizers.Training;

namespace Graft.Tokenizers.Tests.Training;

/// <summary>The vocabularies of the reference trainers, from the same text.</summary>
public sealed class TrainerGoldenTests
{
    [Fact]
    public void ByteLevelBpeIsTheReferences()
    {
        TrainedVocabulary actual = BpeTrainer.Train(TrainingLines(), new() { VocabularySize = 8192, MinFrequency = 2 });
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllText(TestData.Shared("tokens", "trained", "bytebpe", "vocab.json")));
        string[] tokens = new string[8192];
        foreach (JsonProperty entry in expected.RootElement.EnumerateObject()) tokens[entry.Value.GetInt32()] = entry.Name;
        Assert.Equal(tokens, actual.Tokens);
        string[] merges = [.. File.ReadLines(TestData.Shared("tokens", "trained", "bytebpe", "merges.txt")).Skip(1)];
        Assert.Equal(merges, actual.Merges.Select(m => $"{actual.Tokens[m.Left]} {actual.Tokens[m.Right]}"));
    }

    [Fact]
    public void WordPieceWithNumberedLettersIsTheReferences()
    {
        string[] expected = File.ReadAllLines(TestData.Shared("tokens", "trained", "wordpiece-fixed", "vocab.txt"));
        WordPieceTrainerOptions options = new()
        {
            VocabularySize = 8192,
            MinFrequency = 2,
            LimitAlphabet = 1000,
            SpecialTokens = [.. expected.Take(5), .. expected.Skip(5).TakeWhile(token => token.StartsWith("##", StringComparison.Ordinal))],
        };
        Assert.Equal(expected, WordPieceTrainer.Train(TrainingLines(), options).Tokens);
        Assert.Equal(expected, WordPieceTrainer.Train(TrainingLines(), options with { Threads = 1 }).Tokens);
    }

    [Fact]
    public void WordPieceSharesNearlyAllTokensWithTheReference()
    {
        string[] expected = File.ReadAllLines(TestData.Shared("tokens", "trained", "wordpiece", "vocab.txt"));
        TrainedVocabulary actual = WordPieceTrainer.Train(
            TrainingLines(),
            new()
            {
                VocabularySize = 8192,
                MinFrequency = 2,
                LimitAlphabet = 1000,
            }
        );
        Assert.Equal(8192, actual.Tokens.Count);
        Assert.InRange(actual.Tokens.Intersect(expected).Count(), 8192 * 0.995, 8192);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void UnigramIsAsGoodAsTheReference()
    {
        TrainedVocabulary actual = UnigramTrainer.Train(TrainingLines());
        Assert.Equal(8000, actual.Tokens.Count);
        Assert.Equal(["<pad>", "</s>", "<unk>", "▁the"], actual.Tokens.Take(4));
        using JsonDocument reference = JsonDocument.Parse(
            File.ReadAllText(TestData.Shared("tokens", "trained", "unigram", "tokenizer.json"))
        );
        string[] expected =
        [
            .. reference.RootElement.GetProperty("model").GetProperty("vocab").EnumerateArray().Select(piece => piece[0].GetString()!),
        ];
        TestContext.Current.SendDiagnosticMessage($"{actual.Tokens.Intersect(expected).Count()} pieces in common");

        // tokens/trained/report.json: 243,182 tokens for these 176,255 words.
        WordCounts heldOut = WordSplitter.CountAll(
            Corpus.FromLines(Lines("books-07-of-08.txt.gz").Take(3777)),
            () => new MetaspaceWords(),
            2
        );
        UnigramWordLattice lattice = new(new UnigramModel([.. actual.Tokens.Skip(3).Zip(actual.Scores.Skip(3))]));
        long tokens = 0;
        for (int w = 0; w < heldOut.Count; w++)
            tokens += heldOut.Frequency(w) * lattice.BestPath(heldOut.Word(w), without: -1, out _)!.Count;
        TestContext.Current.SendDiagnosticMessage($"{tokens / 176255.0} tokens a word");
        Assert.InRange(tokens / 176255.0, 1.379717 * 0.99, 1.379717 * 1.01);
    }

    [Fact]
    public void UnigramDoesNotDependOnThreads()
    {
        string[] lines = [.. TrainingLines().Take(500)];
        UnigramTrainerOptions options = new() { VocabularySize = 600 };
        TrainedVocabulary one = UnigramTrainer.Train(lines, options with { Threads = 1 });
        TrainedVocabulary four = UnigramTrainer.Train(lines, options with { Threads = 4 });
        Assert.Equal(one.Tokens, four.Tokens);
        Assert.Equal(one.Scores, four.Scores);
    }

    /// <summary>
    /// The lines that the reference vocabularies were trained on: the first of the first book shard, up to five million bytes.
    /// </summary>
    internal static IEnumerable<string> TrainingLines() => Lines("books-00-of-08.txt.gz").Take(15683);

    internal static IEnumerable<string> Lines(string shard)
    {
        using GZipStream stream = new(File.OpenRead(TestData.Shared("data", "text", "books", shard)), CompressionMode.Decompress);
        using StreamReader reader = new(stream);
        while (reader.ReadLine() is string line) yield return line;
    }
}
