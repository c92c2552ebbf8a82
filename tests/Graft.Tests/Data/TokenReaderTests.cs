using Graft.Data;
using Graft.Data.Tagging;

namespace Graft.Tests.Data;

public sealed class TokenReaderTests : DataFolder
{
    [Fact]
    public void ConllSentencesAndDocumentsAreSeparated()
    {
        string path = Write(
            "a.conll",
            "-DOCSTART- -X- O O\n\nEU NNP B-NP I-ORG\nrejects VBZ B-VP O\n\n-DOCSTART- -X- O O\n\nPeter NNP B-NP I-PER\n"
        );
        TokenFile file = TokenReader.Read(path);
        Assert.Equal(["EU rejects", "Peter"], file.Sequences.Select(sequence => string.Join(' ', sequence.Words)));
        Assert.Equal([(0, 3L), (1, 8L)], file.Sequences.Select(sequence => (sequence.Document, sequence.Line)));
        Assert.Equal(TagScheme.Iob1, file.Scheme);
        Assert.Equal(["NNP", "VBZ"], TokenReader.Read(path, new TokenColumnOptions { Tag = "2" }).Sequences[0].Tags);
    }

    [Fact]
    public void ASentenceWithABadLineIsLeftOutAndNamed()
    {
        TokenFile file = TokenReader.Read(Write("a.conll", "a\tO\nb\n\nc\tO\n\n\td\n"));
        Assert.Equal(["c"], file.Sequences.Select(sequence => sequence.Words[0]));
        Assert.Equal([2L, 6L], file.BadRows.Select(row => row.Line));
    }

    [Fact]
    public void ConlluReadsSyntacticWordsAndTheirSpacing()
    {
        string Row(string id, string form, string tag, string misc) => $"{id}\t{form}\t_\t{tag}\t_\t_\t_\t_\t_\t{misc}\n";
        string path = Write(
            "a.conllu",
            "# newdoc\n# text = I don't.\n"
                + Row("1", "I", "PRON", "_")
                + Row("2-3", "don't", "_", "SpaceAfter=No")
                + Row("2", "do", "AUX", "_")
                + Row("3", "n't", "PART", "_")
                + Row("3.1", "empty", "X", "_")
                + Row("4", ".", "PUNCT", "_")
                + "\n"
        );
        TokenSequence sequence = Assert.Single(TokenReader.Read(path).Sequences);
        Assert.Equal(["PRON", "AUX", "PART", "PUNCT"], sequence.Tags);
        (string text, int[] starts) = sequence.Layout();
        Assert.Equal("I don't.", text);
        Assert.Equal([0, 2, 4, 7], starts);
    }

    [Fact]
    public void ListsOfWordsAndTagsAreRead()
    {
        TokenFile file = TokenReader.Read(
            Write("a.jsonl", "{\"tokens\":[\"a\",\"b\"],\"ner_tags\":[\"O\",\"B-X\"]}\n{\"tokens\":[\"a\"],\"ner_tags\":[\"O\",\"O\"]}\n")
        );
        Assert.Equal(["O", "B-X"], Assert.Single(file.Sequences).Tags);
        Assert.Equal("1 words but 2 tags", Assert.Single(file.BadRows).Problem);
    }

    [Fact]
    public void AWrongColumnIsAnsweredWithThoseThereAre()
    {
        string path = Write("a.conll", "a\tO\n");
        Assert.Contains(
            "numbered 1 to 2",
            Assert.Throws<InputException>(() => TokenReader.Read(path, new TokenColumnOptions { Tag = "5" })).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "one column",
            Assert.Throws<InputException>(() => TokenReader.Read(Write("b.conll", "a\nb\n"))).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("tasks/wnut17/train.conll", 3394, 62730, nameof(TagScheme.Iob2))]
    [InlineData("tasks/wnut17/dev.conll", 1009, 15733, nameof(TagScheme.Iob2))]
    [InlineData("tasks/wnut17/test.conll", 1287, 23394, nameof(TagScheme.Iob2))]
    [InlineData("tasks/pos/train.conll", 12544, 204577, nameof(TagScheme.None))]
    [InlineData("data/tokens/ud-ewt/en_ewt-ud-train.conllu.gz", 12544, 204577, nameof(TagScheme.None))]
    [InlineData("data/tokens/ud-ewt/en_ewt-ud-dev.conllu", 2001, 25147, nameof(TagScheme.None))]
    [InlineData("data/tokens/sec-filings/FIN5.txt", 1164, 41010, nameof(TagScheme.Iob1))]
    [InlineData("data/tokens/sec-filings/FIN3.txt", 303, 13246, nameof(TagScheme.Iob1))]
    [InlineData("data/tokens/wnut17/emerging.test.annotated", 1287, 23394, nameof(TagScheme.Iob2))]
    public void PublishedFilesAreUnderstood(string path, int sentences, int words, string scheme)
    {
        TokenFile file = TokenReader.Read(TestData.Shared(path.Split('/')));
        Assert.Empty(file.BadRows);
        Assert.Equal((sentences, words), (file.Sequences.Count, file.Sequences.Sum(sequence => sequence.Words.Count)));
        Assert.Equal(scheme, file.Scheme.ToString());
    }

    [Fact]
    public void LayoutRebuildsTheTreebanksSentences()
    {
        string path = TestData.Shared("data", "tokens", "ud-ewt", "en_ewt-ud-dev.conllu");
        string[] texts = File.ReadLines(path)
            .Where(line => line.StartsWith("# text = ", StringComparison.Ordinal))
            .Select(line => line["# text = ".Length..])
            .ToArray();
        Assert.Equal(texts, TokenReader.Read(path).Sequences.Select(sequence => sequence.Layout().Text));
    }
}
