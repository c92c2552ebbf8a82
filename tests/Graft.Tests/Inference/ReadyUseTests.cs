using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Cli;
using Graft.Data;
using Graft.Generation;
using Graft.Inference;
using Graft.Tests.Tasks;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Graft.Tests.Inference;

/// <summary>What a model is good for before any fine-tuning: vectors, missing words, written text, a look inside.</summary>
public sealed class ReadyUseTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void VectorsDoNotDependOnTheirNeighbours()
    {
        using Embedder embedder = Embedder.Load(Model("bert", HeadKinds.Embedding), new EmbedderOptions { Normalize = true });
        string[] texts = ["the film was good .", "bad", "anna lives in rome and omar lives in oslo .", ""];
        TextEmbeddings together = embedder.Embed(texts);
        Assert.Equal(texts.Length, together.Vectors.Count);
        for (int i = 0; i < texts.Length; i++)
        {
            float[] alone = embedder.Embed(texts[i]);
            Assert.Equal(1, Embedder.Cosine(alone, alone), 1e-6);
            Assert.All(alone.Zip(together.Vectors[i]), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        }
    }

    [Fact]
    public void TextsBeyondTheLimitAreCutAndCounted()
    {
        using Embedder embedder = Embedder.Load(Model("bert", HeadKinds.Embedding), new EmbedderOptions { MaxLength = 5 });
        TextEmbeddings embedded = embedder.Embed(["the film was good", "the film was"]);
        Assert.Equal((1, 10L), (embedded.Cut, embedded.Tokens));
        Assert.All(embedded.Vectors[0].Zip(embedded.Vectors[1]), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        Assert.Throws<InputException>(() => Embedder.Load(_folder, new EmbedderOptions { MaxLength = 2 }));
    }

    [Fact]
    public async Task EmbedWritesJsonLinesAndParquetInTheTextsOrder()
    {
        string model = Model("bert", HeadKinds.Embedding), input = Path.Combine(_folder, "texts.txt");
        string[] texts = ["the film was good .", "bad", "anna lives in rome ."];
        await File.WriteAllLinesAsync(input, texts, TestContext.Current.CancellationToken);
        foreach (string name in (string[])["vectors.jsonl", "vectors.parquet"])
        {
            string output = Path.Combine(_folder, name);
            Assert.Equal(0, await GraftCommandLine.RunAsync(["embed", "--model", model, "--input", input, "--output", output]));
            Assert.True(new FileInfo(output).Length > 0);
        }

        using Embedder embedder = Embedder.Load(model);
        JsonNode[] lines = [.. File.ReadLines(Path.Combine(_folder, "vectors.jsonl")).Select(line => JsonNode.Parse(line)!)];
        Assert.Equal(texts, lines.Select(line => line["text"]!.GetValue<string>()));
        Assert.All(lines.Zip(texts), pair =>
            Assert.All(pair.First["embedding"]!.AsArray().Zip(embedder.Embed(pair.Second)), value =>
                Assert.Equal(value.Second, value.First!.GetValue<float>(), 1e-5f)
            )
        );
        Assert.Equal(
            2,
            await GraftCommandLine.RunAsync(["embed", "--model", model, "--input", input, "--output", Path.Combine(_folder, "vectors.xml")])
        );
        Assert.Equal(2, await GraftCommandLine.RunAsync(["embed", "--model", model, "--input", Path.Combine(_folder, "nowhere.txt")]));
    }

    [Fact]
    public async Task MissingWordsComeWithProbabilities()
    {
        string model = Model("bert", HeadKinds.MaskedLm);
        using FillMask filler = FillMask.Load(model);
        FilledText filled = filler.Fill("the [MASK] was [MASK] .", count: 61);
        Assert.Equal(2, filled.Masks.Count);
        Assert.All(filled.Masks, candidates =>
        {
            Assert.Equal(candidates.OrderByDescending(candidate => candidate.Probability), candidates);
            Assert.Equal(1, candidates.Sum(candidate => candidate.Probability), 1e-4);
        });
        Assert.Throws<InputException>(() => filler.Fill("no mask here"));
        Assert.Equal(0, await GraftCommandLine.RunAsync(["fill-mask", "--model", model, "--text", "the [MASK] .", "--json"]));
        Assert.Equal(
            2,
            await GraftCommandLine.RunAsync([
                "fill-mask",
                "--model",
                Model("roberta", HeadKinds.SequenceClassification),
                "--text",
                "the [MASK] .",
            ])
        );
    }

    [Fact]
    public void WrittenTextIsTheSameAloneAndSideBySideAndAsItStreams()
    {
        using TextGenerator generator = TextGenerator.Load(Model("gpt2", HeadKinds.CausalLm));
        GenerationOptions options = generator.Defaults with { MaxNewTokens = 6 };
        string[] prompts = ["the film", "anna lives in", "good"];
        IReadOnlyList<IReadOnlyList<GeneratedText>> together = generator.Generate(prompts, options);
        for (int i = 0; i < prompts.Length; i++)
        {
            string streamed = "";
            GeneratedText alone = generator.Generate(prompts[i], options, onText: piece => streamed += piece);
            Assert.Equal(alone.Tokens, together[i][0].Tokens);
            Assert.Equal(alone.Text, streamed);
        }
    }

    [Fact]
    public async Task WrittenTextIsReadPieceByPieceAndItsReaderMayStop()
    {
        using TextGenerator generator = TextGenerator.Load(Model("gpt2", HeadKinds.CausalLm));
        GenerationOptions options = generator.Defaults with { MaxNewTokens = 6 };
        string expected = generator.Generate("the film", options).Text,
            read = "";
        await foreach (
            string piece in generator.GenerateAsync("the film", options, cancellationToken: TestContext.Current.CancellationToken)
        )
            read += piece;
        Assert.Equal(expected, read);
        await foreach (
            string piece in generator.GenerateAsync(
                "the film",
                options with
                {
                    MaxNewTokens = 30,
                },
                cancellationToken: TestContext.Current.CancellationToken
            )
        )
        {
            Assert.StartsWith(piece, expected, StringComparison.Ordinal);
            break;
        }

        await foreach (
            string whole in generator.GenerateAsync(
                "the film",
                options with
                {
                    NumBeams = 2,
                },
                cancellationToken: TestContext.Current.CancellationToken
            )
        )
            Assert.Equal(generator.Generate("the film", options with { NumBeams = 2 }).Text, whole);
        await Assert.ThrowsAsync<InputException>(async () =>
        {
            await foreach (string _ in generator.GenerateAsync("the film", options with { MaxNewTokens = 4000 })) { }
        });
    }

    [Fact]
    public void AStopStringEndsTheTextAndIsNotInIt()
    {
        using TextGenerator generator = TextGenerator.Load(Model("t5", HeadKinds.SequenceToSequence));
        GenerationOptions options = generator.Defaults with { MaxNewTokens = 8, MinNewTokens = 8 };
        string free = generator.Generate("the film was good", options).Text;
        string stop = free.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1];
        GeneratedText stopped = generator.Generate("the film was good", options, [stop]);
        Assert.Equal("stop", stopped.Finish);
        Assert.Equal(free[..free.IndexOf(stop, StringComparison.Ordinal)], stopped.Text);
    }

    [Fact]
    public async Task AWordHasOneStaticVectorAndManyContextualOnes()
    {
        string model = Model("bert", HeadKinds.MaskedLm),
            page = Path.Combine(_folder, "film.html");
        Assert.Equal(
            0,
            await GraftCommandLine.RunAsync([
                "embed",
                "--model",
                model,
                "--compare-static",
                "film",
                "--text",
                "the film was good .",
                "--text",
                "who was in a film ?",
                "--output",
                page,
            ])
        );
        Assert.DoesNotContain(
            "http://",
            (await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken)).Replace(
                "http://www.w3.org",
                "",
                StringComparison.Ordinal
            ),
            StringComparison.Ordinal
        );
        ContextComparison comparison = ContextComparison.Load(
            model,
            "film",
            ["the film was good .", "who was in a film ?", "the film was good ."]
        );
        Assert.Equal(1, comparison.Similarities[0, 2], 1e-5);
        Assert.True(comparison.Similarities[0, 1] < 0.9999);
        Assert.Throws<InputException>(() => ContextComparison.Load(model, "film", ["the film was good ."]));
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("modernbert")]
    [InlineData("gpt2")]
    [InlineData("t5")]
    [InlineData("deberta-v2")]
    public async Task AttentionRowsSumToOne(string family)
    {
        string model = Model(
                family,
                family switch
                {
                    "gpt2" => HeadKinds.CausalLm,
                    "t5" => HeadKinds.SequenceToSequence,
                    _ => HeadKinds.MaskedLm,
                }
            ),
            page = Path.Combine(_folder, "attention.html");
        AttentionInspection seen = AttentionInspection.Load(model, "anna lives in rome .");
        Assert.Equal(seen.Attentions.Count + 1, seen.HiddenStates.Count);
        foreach (float[,,] layer in seen.Attentions)
        {
            for (int head = 0; head < layer.GetLength(0); head++)
            {
                for (int query = 0; query < layer.GetLength(1); query++)
                    Assert.Equal(1, Enumerable.Range(0, layer.GetLength(2)).Sum(key => layer[head, query, key]), 1e-4f);
            }
        }

        Assert.Equal(
            0,
            await GraftCommandLine.RunAsync(["inspect-attention", "--model", model, "--text", "anna lives in rome .", "--output", page])
        );
        Assert.Contains("anna", await File.ReadAllTextAsync(page, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ModelsAreServices()
    {
        string folder = Model("bert", HeadKinds.Embedding);
        await using ServiceProvider services = new ServiceCollection()
            .AddGraft(graft => graft.AddEmbeddings(folder))
            .BuildServiceProvider();
        IEmbeddingGenerator<string, Embedding<float>> generator = services.GetRequiredService<
            IEmbeddingGenerator<string, Embedding<float>>
        >();
        string[] texts = ["the film was good .", "bad"];
        GeneratedEmbeddings<Embedding<float>>[] answers = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => generator.GenerateAsync(texts, cancellationToken: TestContext.Current.CancellationToken))
        );
        using Embedder embedder = Embedder.Load(folder);
        foreach (GeneratedEmbeddings<Embedding<float>> answer in answers)
            Assert.All(answer.Zip(texts), pair =>
                Assert.All(pair.First.Vector.ToArray().Zip(embedder.Embed(pair.Second)), value =>
                    Assert.Equal(value.Second, value.First, 1e-5f)
                )
            );
        Assert.Equal(embedder.Embed(texts).Tokens, answers[0].Usage!.InputTokenCount);
        Assert.Equal(embedder.Dimensions, generator.GetService<EmbeddingGeneratorMetadata>()!.DefaultModelDimensions);
        await Assert.ThrowsAsync<InputException>(() =>
            generator.GenerateAsync(texts, new EmbeddingGenerationOptions { Dimensions = 7 }, TestContext.Current.CancellationToken)
        );
    }

    [Fact]
    public void MiniLmEmbedsAsTheReferenceDoes()
    {
        string model = TestData.Shared("models", "all-MiniLM-L6-v2"), task = TestData.Shared("tasks", "stsb");
        if (!Directory.Exists(model) || !Directory.Exists(task)) Assert.Skip("../shared/models and ../shared/tasks are not there");
        using Checkpoint reference = Checkpoint.Open(Path.Combine(task, "minilm-embeddings.safetensors"));
        using Embedder embedder = Embedder.Load(model);
        TextSimilarity result = TextSimilarity.OfFile(
            embedder,
            Path.Combine(task, "test.tsv"),
            new ColumnOptions(),
            TestContext.Current.CancellationToken
        );
        Assert.Equal(0.8203, result.Spearman!.Value, 5e-5);
        foreach (
            (string name, IEnumerable<string> texts) in ((string, IEnumerable<string>)[])
                [("text", result.Pairs.Select(pair => pair.Text)), ("pair", result.Pairs.Select(pair => pair.Pair!))]
        )
        {
            IReadOnlyList<float[]> vectors = embedder.Embed([.. texts], TestContext.Current.CancellationToken).Vectors;
            float[] expected = reference[name].ToSingles();
            for (int i = 0; i < vectors.Count; i++)
                Assert.InRange(
                    Embedder.Cosine(vectors[i], expected.AsSpan(i * embedder.Dimensions, embedder.Dimensions)),
                    0.99999,
                    1.00001
                );
        }
    }

    private string Model(string family, string head)
    {
        string folder = Path.Combine(_folder, $"{family}-{head}");
        if (!Directory.Exists(folder)) TinyFamily.Create(folder, family, head);
        return folder;
    }
}
