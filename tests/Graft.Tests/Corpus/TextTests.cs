using Graft.Corpus;
using Graft.Corpus.Duplicates;
using Graft.Corpus.Readers;

namespace Graft.Tests.Corpus;

public sealed class TextTests
{
    [Theory]
    [InlineData("It works. Does it? Yes!", "It works.|Does it?|Yes!")]
    [InlineData("\"Is it true?\" he asked. Then he left.", "\"Is it true?\" he asked.|Then he left.")]
    [InlineData("J. Smith paid 3.50 for it. He left.", "J. Smith paid 3.50 for it.|He left.")]
    [InlineData("Wait... what? No", "Wait... what?|No")]
    [InlineData("他来了。她走了。", "他来了。|她走了。")]
    [InlineData("वह आया। वह गया।", "वह आया।|वह गया।")]
    [InlineData("no end", "no end")]
    [InlineData("  ", "")]
    public void SentencesEndAtTheMarksOfAnyScript(string paragraph, string expected)
    {
        List<Range> sentences = [];
        SentenceSplitter.Split(paragraph, sentences);
        Assert.Equal(expected, string.Join('|', sentences.Select(range => paragraph[range].Trim())));
    }

    [Fact]
    public void SentencesAreTheWholeParagraph()
    {
        const string paragraph = "One. Two!  \"Three?\" (Four.) Five";
        List<Range> sentences = [];
        SentenceSplitter.Split(paragraph, sentences);
        Assert.Equal(paragraph, string.Concat(sentences.Select(range => paragraph[range])));
    }

    [Theory]
    [InlineData("too few words", nameof(DropReason.TooShort))]
    [InlineData("a § b ¤ c | d » e § f ¤ g | h » i § j ¤ k | l » m § n ¤ o | p » q § r ¤ s | t » u", nameof(DropReason.Symbols))]
    [InlineData(
        "buy it now please ok buy it now please ok buy it now please ok buy it now please ok buy it now please ok",
        nameof(DropReason.Repetition)
    )]
    [InlineData(
        "The quick brown fox jumps over the lazy dog while twenty other animals are watching it from the edge of a wood.",
        nameof(DropReason.None)
    )]
    public void WebFiltersSayWhy(string text, string expected)
    {
        List<ulong> words = [];
        WordHashes.Compute(text, words);
        Assert.Equal(expected, TextFilter.Web.Judge(text, words, []).ToString());
    }

    [Fact]
    public void WordsIgnoreCaseAndPunctuation()
    {
        List<ulong> first = [], second = [];
        WordHashes.Compute("Don't PANIC, it's Ça!", first);
        WordHashes.Compute("don t panic it s ça", second);
        Assert.Equal(first, second);
    }

    [Theory]
    [InlineData(1.0, 1.0)]
    [InlineData(0.9, 0.1)]
    [InlineData(0.5, 0.12)]
    public void SketchesEstimateTheSimilarity(double kept, double tolerance)
    {
        // Two documents that share the first part of their words: the shingles of the shared part are common, the others are not.
        double total = 0, exact = 0;
        for (ulong round = 0; round < 50; round++)
        {
            List<ulong> first = [], second = [];
            for (ulong i = 0; i < 400; i++)
            {
                first.Add(CounterRandom.Key(round, i));
                second.Add(i < 400 * kept ? first[^1] : CounterRandom.Key(round, i, 1));
            }

            byte[] sketch = new byte[MinHash.Bins], other = new byte[MinHash.Bins];
            ulong[] keys = new ulong[MinHash.Bands];
            MinHash.Compute(first, sketch, keys);
            MinHash.Compute(second, other, keys);
            total += MinHash.Similarity(sketch, other) / 50;
            double shared = Math.Min(396, 400 * kept);
            exact = shared / (2 * 396 - shared);
        }

        Assert.InRange(total, exact - tolerance, exact + tolerance + 1e-9);
    }

    [Fact]
    public void WikiMarkupBecomesText()
    {
        const string markup = """
            {{Infobox|a={{b}}}}'''Paris''' is the [[capital city|capital]] of [[France]].<ref>No</ref> See [https://e.org the site].<!--
            no -->
            [[File:Tower.jpg|thumb|The [[tower]]]]
            == History ==
            {| class="t"
            | cell
            |}
            * One &amp; two<ref name="x"/>
            [[Category:Cities]]
            """;
        Assert.Equal("Paris is the capital of France. See the site.\nOne & two\n", WikiMarkup.ToText(markup));
    }

    [Fact]
    public void TheIndexFindsEarlierDocumentsInMergedRunsAndAfterGoingBack()
    {
        string folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            const int count = 200_000, runs = 20; // merged once, then four more
            using (DiskIndex index = new(folder))
            {
                for (int i = 0; i < count; i++)
                {
                    Assert.Equal(-1, index.FindOrAdd(CounterRandom.Key(1, (ulong)i), i));
                    if (i % 1_009 == 0) Assert.Equal(i / 2, index.FindOrAdd(CounterRandom.Key(1, (ulong)i / 2), i + 1));
                    if ((i + 1) % (count / runs) == 0) index.Flush();
                }
            }

            Assert.Equal(5, Directory.GetFiles(folder).Length);
            using DiskIndex again = new(folder);
            for (int i = 0; i < count; i += 97) Assert.Equal(i, again.FindOrAdd(CounterRandom.Key(1, (ulong)i), count));
            Assert.Equal(-1, again.FindOrAdd(CounterRandom.Key(1, 500), 500)); // the same document once more, after an interruption
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
