using Graft.Corpus;
using Graft.Pretraining.Sequences;
using Graft.Tests.Corpus;

namespace Graft.Tests.Pretraining;

public sealed class SequenceTests : IDisposable
{
    private const int Cls = 2, Sep = 3;
    private static readonly SequenceFrame s_frame = new(Cls, Sep);
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-sequences-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(1000)]
    [InlineData(4097)]
    public void APermutationHasEveryPlaceOnce(int count)
    {
        Permutation permutation = new(count, 7);
        Assert.Equal(Enumerable.Range(0, count).Select(i => (long)i), Enumerable.Range(0, count).Select(i => permutation[i]).Order());
        if (count > 100)
            Assert.NotEqual(
                Enumerable.Range(0, count).Select(i => permutation[i]),
                Enumerable.Range(0, count).Select(i => new Permutation(count, 8)[i])
            );
    }

    [Fact]
    public void WindowsCoverTheStreamAndSeparateDocuments()
    {
        using CorpusFolder corpus = Build(30, weight: 1);
        StreamWindows windows = new(corpus.Train, s_frame, Sep, 18, seed: 1, shuffle: false);
        CorpusSplit split = corpus.Train[0];
        int[] stream = new int[split.Tokens];
        split.Read(0, stream);
        for (long i = 0; i < windows.PerEpoch; i++)
        {
            int[] ids = Assert.Single(windows.At(i)).Ids;
            int[] text = stream[(int)(i * 16)..(int)((i + 1) * 16)];
            Assert.Equal(text[^1] == Sep ? [Cls, .. text] : [Cls, .. text, Sep], ids);
        }
    }

    [Fact]
    public void EpochsDifferAndReplay()
    {
        using CorpusFolder corpus = Build(30, weight: 1);
        StreamWindows first = new(corpus.Train, s_frame, Sep, 18, seed: 1), again = new(corpus.Train, s_frame, Sep, 18, seed: 1);
        Assert.Equal(first.At(first.PerEpoch + 3)[0].Ids, again.At(first.PerEpoch + 3)[0].Ids);
        Assert.NotEqual(first.At(3)[0].Ids, first.At(first.PerEpoch + 3)[0].Ids);
    }

    [Fact]
    public void WeightsSayHowOftenASourceIsRead()
    {
        using CorpusFolder corpus = Build(40, weight: 2.5);
        StreamWindows windows = new(corpus.Train, s_frame, Sep, 18, seed: 1);
        StreamWindows plain = new([.. corpus.Train.Where(split => split.Weight == 1)], s_frame, Sep, 18, seed: 1);
        StreamWindows weighted = new([.. corpus.Train.Where(split => split.Weight != 1)], s_frame, Sep, 18, seed: 1);
        Assert.Equal(windows.PerEpoch, plain.PerEpoch + weighted.PerEpoch);
        long once = (corpus.Train.Single(split => split.Weight != 1).Tokens - 15) / 16;
        Assert.Equal(Math.Round(2.5 * once), weighted.PerEpoch);
        int distinct = Enumerable.Range(0, (int)weighted.PerEpoch).Select(i => weighted.At(i)[0].Number).Distinct().Count();
        Assert.Equal(once, distinct);
    }

    [Fact]
    public void CutWindowsHoldOneDocumentEach()
    {
        using CorpusFolder corpus = Build(30, weight: 1);
        StreamWindows windows = new(corpus.Train, s_frame, Sep, 18, seed: 1) { CutAtDocuments = true };
        for (long i = 0; i < 50; i++)
        {
            foreach (TrainingSequence sequence in windows.At(i))
            {
                Assert.Equal(1, sequence.Ids.Count(id => id == Sep));
                Assert.Equal(Sep, sequence.Ids[^1]);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PairsReplayFromAnyPlace(bool order)
    {
        using CorpusFolder corpus = Build(60, weight: 1);
        SentencePairs first = new(corpus.Train, s_frame, 40, seed: 3, order), again = new(corpus.Train, s_frame, 40, seed: 3, order);
        TrainingSequence far = Assert.Single(again.At(700));
        for (int i = 0; i < 700; i++)
        {
            TrainingSequence pair = Assert.Single(first.At(i));
            Assert.InRange(pair.Ids.Length, 5, 40);
            Assert.Equal(2, pair.Ids.Count(id => id == Sep));
            Assert.Equal(pair.Ids.AsSpan().IndexOf(Sep) + 1, pair.TypeIds!.Count(type => type == 0));
        }

        Assert.Equal(far.Ids, first.At(700)[0].Ids);
        Assert.Equal(far.PairLabel, first.At(700)[0].PairLabel);
    }

    [Fact]
    public void RandomSegmentsComeFromAnySource()
    {
        using CorpusFolder corpus = Open([CorpusSource.Parse(Write("first.txt", 1, 1)), CorpusSource.Parse(Write("second.txt", 1, 2))]);
        SentencePairs pairs = new(corpus.Train, s_frame, 40, seed: 3, order: false);
        HashSet<int>[] words = [.. corpus.Train.Select(split => split.ReadDocument(0).ToHashSet())];
        for (int i = 0; i < 100; i++)
        {
            TrainingSequence pair = Assert.Single(pairs.At(i)); // documents of one sentence: always random
            int[] first = pair.Ids[1..pair.Ids.IndexOf(Sep)], second = pair.Ids[(first.Length + 2)..^1];
            int source = first.All(words[0].Contains) ? 0 : 1;
            Assert.True(first.All(words[source].Contains));
            Assert.True(second.All(words[1 - source].Contains));
        }
    }

    private CorpusFolder Build(int documents, double weight)
    {
        string one = Write("one.txt", documents, 1), two = Write("two.txt", documents / 3, 2);
        return Open(weight == 1 ? [CorpusSource.Parse(one)] : [CorpusSource.Parse(one), CorpusSource.Parse(two) with { Weight = weight }]);
    }

    private CorpusFolder Open(CorpusSource[] sources)
    {
        CorpusOptions options = new()
        {
            Sources = sources,
            Filter = TextFilter.None,
            HeldOutShare = 0,
        };
        string folder = Path.Combine(_folder, Path.GetRandomFileName());
        new CorpusBuilder(options, new WordTokenizer(), folder).Build();
        return CorpusFolder.Open(folder);
    }

    private string Write(string name, int documents, ulong seed)
    {
        string path = Path.Combine(_folder, name);
        using StreamWriter file = new(path);
        for (int document = 0; document < documents; document++)
        {
            CounterRandom random = new(CounterRandom.Key(seed, (ulong)document));
            for (int word = 0; word < 60 + random.NextInt(40); word++)
                file.Write("w" + random.NextInt(3_000) + (word % 7 == 6 ? ". " : " "));
            file.Write("\n\n");
        }

        return path;
    }
}
