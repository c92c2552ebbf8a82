using Graft.Backbones;
using Graft.Inference;
using Graft.Tasks;
using Graft.Tokenizers;
using Graft.Tests.Tasks;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Graft.Tests.Inference;

/// <summary>What is registered with dependency injection has one owner.</summary>
public sealed class ServicesTests : IDisposable
{
    private static readonly CountingEngine s_engine = new();
    private readonly TinyBert _tiny = new();

    static ServicesTests() => ScoringEngines.Register(s_engine);

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public async Task TheContainerReleasesAnEmbedderOnce()
    {
        string folder = Folder(CountingEngine.Mark);
        CountingScorer scorer;
        await using (
            ServiceProvider services = new ServiceCollection().AddGraft(graft => graft.AddEmbeddings(folder)).BuildServiceProvider()
        )
        {
            _ = services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
            Assert.Equal(folder, services.GetRequiredService<Embedder>().Folder);
            scorer = s_engine.Opened[folder];
            Assert.Equal(0, scorer.Disposals);
        }

        Assert.Equal(1, scorer.Disposals);
    }

    [Fact]
    public void AGeneratorMadeByHandOwnsItsEmbedder()
    {
        string folder = Folder(CountingEngine.Mark + "-2");
        using (new GraftEmbeddingGenerator(Embedder.Load(folder)))
        {
            Assert.Equal(0, s_engine.Opened[folder].Disposals);
        }

        Assert.Equal(1, s_engine.Opened[folder].Disposals);
    }

    [Fact]
    public async Task SeveralModelsAreToldApartByTheirKeys()
    {
        string first = Folder(CountingEngine.Mark + "-a"),
            second = Folder(CountingEngine.Mark + "-b");
        await using ServiceProvider services = new ServiceCollection()
            .AddGraft(graft => graft.AddEmbeddings(first, key: "a").AddEmbeddings(second, key: "b"))
            .BuildServiceProvider();
        Assert.Equal(first, services.GetRequiredKeyedService<Embedder>("a").Folder);
        Assert.Equal(
            second,
            services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>("b").GetService<Embedder>()!.Folder
        );
    }

    private string Folder(string name) => Directory.CreateDirectory(_tiny.PathOf(name)).FullName;

    private sealed class CountingEngine : IScoringEngine
    {
        public const string Mark = "counting-engine";

        public Dictionary<string, CountingScorer> Opened { get; } = new(StringComparer.Ordinal);

        public bool CanOpen(string folder) => folder.Contains(Mark, StringComparison.Ordinal);

        public IScorer Open(string folder, ScorerOptions options, Func<ScoredModel, FineTuningTask> bind)
        {
            CountingScorer scorer = new();
            bind(scorer.Model);
            return Opened[folder] = scorer;
        }
    }

    private sealed class CountingScorer : IScorer
    {
        public int Disposals { get; private set; }

        public ScoredModel Model { get; } = new("counting", HeadKinds.Embedding, []) { VectorSize = 4 };

        public Tokenizer Tokenizer => null!;

        public FeatureScores[] Score(IReadOnlyList<Feature> features, CancellationToken cancellationToken = default) => [];

        public void Dispose() => Disposals++;
    }
}
