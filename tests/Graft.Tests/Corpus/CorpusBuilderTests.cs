using System.Text;
using Graft.Corpus;
using Graft.Objectives;

namespace Graft.Tests.Corpus;

public sealed class CorpusBuilderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-corpus-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void ACorpusHoldsItsDocumentsTokenByToken()
    {
        string input = WriteText("a.txt", ["One two three. Four five.\nSix seven.", "Eight nine ten."]);
        WordTokenizer tokenizer = new();
        Build("corpus", Options(input) with { HeldOutShare = 0 }, tokenizer);
        using CorpusFolder corpus = CorpusFolder.Open(Path.Combine(_folder, "corpus"));
        CorpusSplit train = Assert.Single(corpus.Train);
        Assert.Equal(2, train.Documents);
        Assert.Equal(3, train.Sentences(0));
        Assert.Equal([.. "One two three. Four five. Six seven.".Split(' ').Select(word => tokenizer.Id(word))], train.ReadDocument(0));
        List<int> sentence = [];
        train.Read(new SentenceReference(0, 1), sentence);
        Assert.Equal([tokenizer.Id("Four"), tokenizer.Id("five.")], sentence);
        int[] stream = new int[train.Tokens];
        train.Read(0, stream);
        Assert.Equal(12, stream.Length);
        Assert.Equal(3, stream[7]);
        Assert.Equal(3, stream[^1]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void DuplicatesOverlapAndFiltersAreCountedByReason(int threads)
    {
        List<string> documents = [.. RandomDocuments(50, 1)];
        documents.Add(documents[3].ToUpperInvariant());
        documents.Add(documents[7] + " and two words");
        documents.Add("short.");
        string input = WriteText("a.txt", documents);
        string evaluation = WriteText("eval.tsv", ["text\tlabel", string.Join(' ', documents[9].Split(' ')[20..40]) + "\t1"]);
        CorpusManifest manifest = Build(
            "corpus",
            Options(input) with
            {
                Threads = threads,
                Filter = TextFilter.Web,
                Exclude = [evaluation],
                HeldOutShare = 0.2,
            }
        );
        CorpusSourceReport source = Assert.Single(manifest.Sources);
        Assert.Equal(53, source.Documents);
        Assert.Equal(
            new Dictionary<string, long> { ["contaminated"] = 1, ["exact duplicate"] = 1, ["near duplicate"] = 1, ["too short"] = 1 },
            new Dictionary<string, long>(source.Dropped));
        Assert.Equal(49, manifest.Total(heldOut: false).Documents + manifest.Total(heldOut: true).Documents);
        Assert.InRange(manifest.Total(heldOut: true).Documents, 3, 20);
        Assert.Equal(1, Assert.Single(manifest.Overlap).Documents);
    }

    [Fact]
    public void ThreadsChangeNothing()
    {
        string input = WriteText("a.txt", RandomDocuments(800, 2));
        Build("one", Options(input) with { Threads = 1 });
        Build("four", Options(input) with { Threads = 4 });
        AssertSameFiles("one", "four");
    }

    [Fact]
    public void AnInterruptedBuildGoesOnToTheSameBytes()
    {
        string input = WriteText("a.txt", RandomDocuments(1_200, 3));
        CorpusOptions options = Options(input) with { Threads = 2 };
        Build("whole", options);
        for (int round = 0; !CorpusFolder.IsCorpus(Path.Combine(_folder, "broken")); round++)
        {
            Assert.True(round < 20, "the build makes no headway");
            using CancellationTokenSource stop = new();
            try
            {
                new CorpusBuilder(options, new WordTokenizer(), Path.Combine(_folder, "broken")).Build(_ => stop.Cancel(), stop.Token);
            }
            catch (OperationCanceledException)
            {
                // What a killed process may leave behind the last saved state.
                File.AppendAllText(Directory.GetFiles(Path.Combine(_folder, "broken"), "train*.tokens")[0], "leftover");
            }
        }

        AssertSameFiles("whole", "broken");
    }

    [Fact]
    public void MistakesAreNamed()
    {
        Assert.Contains(
            "does not exist",
            Assert.Throws<InputException>(() => CorpusSource.Parse(Path.Combine(_folder, "nothing@2"))).Message
        );
        string input = WriteText("a.txt", RandomDocuments(3, 4));
        Assert.Equal(2.5, CorpusSource.Parse(input + "@2.5").Weight);
        Assert.Throws<InputException>(() => CorpusSource.Parse(input + "@many"));
        Assert.Contains("is no corpus", Assert.Throws<InputException>(() => CorpusFolder.Open(_folder)).Message);
        Build("corpus", Options(input));
        Assert.Contains("already holds a corpus", Assert.Throws<InputException>(() => Build("corpus", Options(input))).Message);
    }

    private static CorpusOptions Options(string input) => new() { Sources = [CorpusSource.Parse(input)], Filter = TextFilter.None };

    private static IEnumerable<string> RandomDocuments(int count, ulong seed)
    {
        for (int i = 0; i < count; i++)
        {
            CounterRandom random = new(CounterRandom.Key(seed, (ulong)i));
            StringBuilder text = new();
            for (int word = 0; word < 300; word++) text.Append("word").Append(random.NextInt(5_000)).Append(word % 12 == 11 ? ". " : " ");
            yield return text.ToString().TrimEnd();
        }
    }

    private CorpusManifest Build(string name, CorpusOptions options, WordTokenizer? tokenizer = null) =>
        new CorpusBuilder(options, tokenizer ?? new WordTokenizer(), Path.Combine(_folder, name)).Build();

    private string WriteText(string name, IEnumerable<string> documents)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, string.Join(name.EndsWith("tsv", StringComparison.Ordinal) ? "\n" : "\n\n", documents) + "\n");
        return path;
    }

    private void AssertSameFiles(string first, string second)
    {
        string[] files = [.. Directory.GetFiles(Path.Combine(_folder, first)).Select(path => Path.GetFileName(path)).Order()];
        Assert.Equal(files, Directory.GetFiles(Path.Combine(_folder, second)).Select(path => Path.GetFileName(path)).Order());
        foreach (string file in files)
        {
            Assert.True(
                File.ReadAllBytes(Path.Combine(_folder, first, file))
                    .AsSpan()
                    .SequenceEqual(File.ReadAllBytes(Path.Combine(_folder, second, file))),
                $"{file} differs"
            );
        }
    }
}
