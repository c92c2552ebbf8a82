using System.IO.Compression;
using System.Text.Json;
using Graft.Tokenizers.Training;

namespace Graft.Tokenizers.Tests.Training;

public sealed class TrainerTests
{
    private static readonly string[] s_lines = ["hug hugs hugging", "hug pug pugs", "a bug hugs"];

    [Fact]
    public void WordPieceJoinsTheMostFrequentPairs()
    {
        TrainedVocabulary vocabulary = WordPieceTrainer.Train(["hug hug hugs"], new() { VocabularySize = 12, SpecialTokens = ["[UNK]"] });
        Assert.Equal(["[UNK]", "g", "h", "s", "u", "##g", "##s", "##u", "hu", "hug", "hugs"], vocabulary.Tokens);
    }

    [Fact]
    public void BpeJoinsTheMostFrequentPairs()
    {
        TrainedVocabulary vocabulary = BpeTrainer.Train(
            ["hug hug hugs"],
            new()
            {
                VocabularySize = 8,
                ByteLevel = false,
                SpecialTokens = ["[UNK]"],
            }
        );
        Assert.Equal(["[UNK]", "g", "h", "s", "u", "hu", "hug", "hugs"], vocabulary.Tokens);
        Assert.Equal(3, vocabulary.Merges.Count);
    }

    [Fact]
    public void FilesCompressedOrNotGiveTheSameAsLines()
    {
        string folder = Directory.CreateTempSubdirectory("graft").FullName;
        string plain = Path.Combine(folder, "a.txt"), compressed = Path.Combine(folder, "b.txt.gz");
        File.WriteAllText(plain, string.Join("\r\n", s_lines));
        using (StreamWriter writer = new(new GZipStream(File.Create(compressed), CompressionLevel.Fastest)))
            writer.Write(string.Join('\n', s_lines) + "\n");
        BpeTrainerOptions options = new() { VocabularySize = 300 };
        IReadOnlyList<string> expected = BpeTrainer.Train(s_lines, options).Tokens;
        Assert.Equal(expected, BpeTrainer.TrainFromFiles([plain], options).Tokens);
        Assert.Equal(expected, BpeTrainer.TrainFromFiles([compressed], options).Tokens);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void WordsAreCountedTheSameWhateverTheBlocks()
    {
        // A line longer than a block of the reader, between short ones.
        string longLine = string.Join(' ', Enumerable.Range(0, 300_000).Select(i => "w" + (i % 7)));
        string file = Path.GetTempFileName();
        File.WriteAllLines(file, ["one two", longLine, "three"]);
        WordCounts counts = WordSplitter.CountAll(Corpus.FromFiles([file]), () => new BertWords(true, true, true, true), threads: 3);
        Dictionary<string, long> actual = Enumerable
            .Range(0, counts.Count)
            .ToDictionary(i => System.Text.Encoding.UTF8.GetString(counts.Word(i)), counts.Frequency);
        Assert.Equal(10, actual.Count);
        Assert.Equal(300_000, actual.Where(p => p.Key[0] == 'w').Sum(p => p.Value));
        Assert.Equal(1, actual["three"]);
        File.Delete(file);
    }

    [Fact]
    public void BertWordsAreCleanedAndSplit()
    {
        Assert.Equal(["!", "cafe", "i", "x", "你"], Words(new BertWords(true, true, true, true), "Café! x\u200B 你 İ\u0001"));
        Assert.Equal(["Café", "你好"], Words(new BertWords(true, false, false, false), "Café 你好"));
    }

    [Fact]
    public void ByteLevelWordsFollowTheGpt2Pattern()
    {
        Assert.Equal(
            ["  ", " 12", " is", "!!", "'s", "Here", "it"],
            Words(new ByteLevelWords(addPrefixSpace: false), "Here is   12it's!!  ")
        );
        Assert.Equal(["\n\u00A0", " a"], Words(new ByteLevelWords(addPrefixSpace: true), "a\n\u00A0 a"));
    }

    [Fact]
    public void WrittenFilesAreWholeAndOrdered()
    {
        string folder = Directory.CreateTempSubdirectory("graft").FullName;
        TrainedVocabulary vocabulary = WordPieceTrainer.Train(s_lines, new() { VocabularySize = 40 });
        vocabulary.Save(folder);
        Assert.Equal(vocabulary.Tokens, File.ReadAllLines(Path.Combine(folder, "vocab.txt")));
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "tokenizer.json")));
        Assert.Equal(vocabulary.Tokens.Count, json.RootElement.GetProperty("model").GetProperty("vocab").EnumerateObject().Count());
        Assert.Equal(5, json.RootElement.GetProperty("added_tokens").GetArrayLength());
        Assert.Equal(["[CLS]", "hug", "[SEP]"], Tokenizer.Load(folder).Encode("hug").Tokens);
        Assert.Empty(Directory.GetFiles(folder, "*.partial"));
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("vocabulary_size", 0, 1, 2)]
    [InlineData("threads", 100, 0, 2)]
    public void OptionsOutOfRangeAreNamed(string name, int size, int threads, long minFrequency)
    {
        InputException error = Assert.Throws<InputException>(() =>
            WordPieceTrainer.Train(
                s_lines,
                new()
                {
                    VocabularySize = size,
                    Threads = threads,
                    MinFrequency = minFrequency,
                }
            )
        );
        Assert.StartsWith(name, error.Message);
    }

    [Fact]
    public void ALineWithoutSpacesTakesLinearTime()
    {
        Random random = new(5);
        string line = string.Concat(Enumerable.Range(0, 300_000).Select(_ => (char)('a' + random.Next(26))));
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal(2000, BpeTrainer.Train([line], new() { VocabularySize = 2000 }).Tokens.Count);
        Assert.Equal(200, UnigramTrainer.Train([line], new() { VocabularySize = 200, SeedSize = 2000 }).Tokens.Count);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 60);
    }

    [Fact]
    public void EveryKindOfVocabularyIsATokenizerAtOnce()
    {
        string[] lines = [.. Enumerable.Repeat(s_lines, 3).SelectMany(x => x)];
        Assert.Equal(
            ["[CLS]", "hug", "bug", "[SEP]"],
            WordPieceTrainer.Train(lines, new() { VocabularySize = 60 }).ToTokenizer().Encode("Hug bug").Tokens
        );
        foreach (
            TrainedVocabulary vocabulary in new[]
            {
                BpeTrainer.Train(lines, new() { VocabularySize = 300 }),
                BpeTrainer.Train(lines, new() { VocabularySize = 40, ByteLevel = false }),
                UnigramTrainer.Train(lines, new() { VocabularySize = 20 }),
            }
        )
        {
            Tokenizer tokenizer = vocabulary.ToTokenizer();
            Assert.Equal(vocabulary.Tokens.Count, tokenizer.VocabSize);
            Assert.Equal("hug bug", tokenizer.Decode(tokenizer.EncodeIds("hug bug", addSpecialTokens: false)));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TheClassicFilesAloneMakeTheSameTokenizer(bool lowerCase)
    {
        string folder = Path.Combine(Path.GetTempPath(), "graft-trained-" + Guid.NewGuid().ToString("N"));
        try
        {
            TrainedVocabulary vocabulary = WordPieceTrainer.Train(
                ["Hug a bug", "hug a Bug", "HUG"],
                new()
                {
                    VocabularySize = 60,
                    LowerCase = lowerCase,
                    MinFrequency = 1,
                }
            );
            vocabulary.Save(folder);
            File.Delete(Path.Combine(folder, "tokenizer.json"));
            Assert.Equal(vocabulary.ToTokenizer().Encode("Hug a BUG").Tokens, Tokenizer.Load(folder).Encode("Hug a BUG").Tokens);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void AMissingFileIsNamed() =>
        Assert.StartsWith("nowhere.txt:", Assert.Throws<InputException>(() => WordPieceTrainer.TrainFromFiles(["nowhere.txt"])).Message);

    private static string[] Words(WordSplitter splitter, string text)
    {
        WordCounter counter = new();
        splitter.Count(System.Text.Encoding.UTF8.GetBytes(text), counter);
        WordCounts counts = counter.ToSorted();
        return [.. Enumerable.Range(0, counts.Count).Select(i => System.Text.Encoding.UTF8.GetString(counts.Word(i)))];
    }
}
