using System.Globalization;
using Graft.Backbones;
using Graft.Inference;
using Graft.Pretrained;
using Graft.Tests.Tasks;

namespace Graft.Tests.Inference;

/// <summary>A predictor that is asked for a long time, and one that is released meanwhile.</summary>
public sealed class PredictorMemoryTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public async Task ReleasingBesideARunningPredictionIsSafe()
    {
        string folder = _tiny.PathOf("classifier");
        TinyFamily.Create(folder, "bert", HeadKinds.SequenceClassification, ["bad", "good"]);
        (string, string?)[] texts = [.. Enumerable.Range(0, 400).Select(i => (Words(1 + (i % 40)), (string?)null))];
        for (int round = 0; round < 10; round++)
        {
            Predictor predictor = Predictor.Load(folder);
            using CountdownEvent asked = new(4);
            Task<int>[] asking =
            [
                .. Enumerable.Range(0, asked.InitialCount).Select(_ => Task.Run(() =>
                {
                    asked.Signal();
                    try
                    {
                        return predictor.Predict(texts).Count;
                    }
                    catch (ObjectDisposedException)
                    {
                        return 0; // came too late
                    }
                })),
            ];
            asked.Wait(TestContext.Current.CancellationToken);
            await Task.Delay(round, TestContext.Current.CancellationToken);
            predictor.Dispose();
            predictor.Dispose();
            Assert.All(await Task.WhenAll(asking), count => Assert.Contains(count, (int[])[0, texts.Length]));
            Assert.Throws<ObjectDisposedException>(() => predictor.Predict("good"));
        }
    }

    /// <summary>
    /// Alone in its process (GRAFT_LONG=1, as .ci/full runs it): 50,000 texts of 1 to 120 words in batches of 1 to 64 through
    /// all-MiniLM-L6-v2.
    /// </summary>
    [Fact]
    [Trait("Category", "Slow")]
    public void MemoryIsFlatAfterTheFirstTwoThousandTexts()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("GRAFT_LONG") == "1", "minutes, and alone in its process: GRAFT_LONG=1");
        int most = int.Parse(Environment.GetEnvironmentVariable("GRAFT_TEXTS") ?? "50000", CultureInfo.InvariantCulture);
        string published = TestData.Shared("models", "all-MiniLM-L6-v2"), folder = _tiny.PathOf("minilm");
        using (
            PretrainedModel model = PretrainedModel.Load(published, new LoadOptions { Head = HeadKinds.SequenceClassification })
        )
            model.Save(folder);
        foreach (string file in Directory.EnumerateFiles(published, "*token*").Append(Path.Combine(published, "vocab.txt")))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)), overwrite: true);
        using Predictor predictor = Predictor.Load(folder, task: "text-classification");
        CounterRandom random = new(50);
        long early = 0;
        for (int texts = 0; texts < most;)
        {
            (string, string?)[] batch =
            [
                .. Enumerable
                    .Range(0, 1 + random.NextInt(64))
                    .Select(_ => (Words(1 + random.NextInt(1 + random.NextInt(120))), (string?)null)),
            ];
            Assert.Equal(batch.Length, predictor.Predict(batch).Count);
            texts += batch.Length;
            if (texts / 2000 == (texts - batch.Length) / 2000) continue;
            using System.Diagnostics.Process own = System.Diagnostics.Process.GetCurrentProcess();
            if (early == 0) early = own.WorkingSet64;
            TestContext.Current.TestOutputHelper?.WriteLine($"{texts} texts: {own.WorkingSet64 >> 20} MB");
            Assert.True(own.WorkingSet64 <= early * 1.1, $"{early >> 20} MB after 2,000 texts, {own.WorkingSet64 >> 20} MB after {texts}");
        }
    }

    private static string Words(int count) => string.Join(' ', Enumerable.Repeat("film", count));
}
