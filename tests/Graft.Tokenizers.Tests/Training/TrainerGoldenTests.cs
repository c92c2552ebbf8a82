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
        TrainedVocabulary actual = WordPieceTrainer.Train(TrainingLines(), new() { VocabularySize = 8192, MinFrequency = 2, LimitAlphabet = 1000 });
        Assert.Equal(8192, actual.Tokens.Count);
        Assert.InRange(actual.Tokens.Intersect(expected).Count(), 8192 * 0.995, 8192);
    }

    /// <summary>The lines that the reference vocabularies were trained on: the first of the first book shard, up to five million bytes.</summary>
    internal static IEnumerable<string> TrainingLines() => Lines("books-00-of-08.txt.gz").Take(15683);

    internal static IEnumerable<string> Lines(string shard)
    {
        using GZipStream stream = new(File.OpenRead(TestData.Shared("data", "text", "books", shard)), CompressionMode.Decompress);
        using StreamReader reader = new(stream);
        while (reader.ReadLine() is string line) yield return line;
    }
}
