using System.Globalization;
using System.Numerics.Tensors;
using Graft.Data;
using Graft.Evaluation;
using Graft.Inference;
using Graft.Labelling;

namespace Graft.Tests.Labelling;

/// <summary>
/// Labelling simulated with true labels: what chosen texts are worth beside a quarter more of random ones, and whether the running estimate
/// tells the truth. GRAFT_STUDY=1 runs it.
/// </summary>
public sealed class LabellingStudy
{
    private const int MostTrain = 4000, MostTest = 1500, Starts = 10;

    [Theory]
    [InlineData("polarity", 200)]
    [InlineData("banking77", 400)]
    [Trait("Category", "Slow")]
    public async Task ChosenTextsAreWorthAQuarterMoreOfRandomOnes(string task, int answers)
    {
        if (Environment.GetEnvironmentVariable("GRAFT_STUDY") != "1") Assert.Skip("a study of minutes: GRAFT_STUDY=1 runs it");
        LabelledText[] train = Read(task, "train.tsv", MostTrain), test = Read(task, "test.tsv", MostTest);
        string[] names = [.. train.Select(row => row.Label!).Distinct().Order(StringComparer.Ordinal)];
        Dictionary<string, float[]> vectors = Vectors(task, [.. train.Concat(test).Select(row => row.Text).Distinct()]);
        double chosen = 0, random = 0, random125 = 0;
        int covered = 0;
        for (int start = 0; start < Starts; start++)
        {
            string file = Path.Combine(Path.GetTempPath(), $"graft-study-{Guid.NewGuid():N}.jsonl");
            List<LabelledText> labelled = [];
            LabellingEstimate? estimate;
            double truth;
            using (
                LabellingSession session = LabellingSession.Open(
                    train,
                    new LabellingOptions
                    {
                        LabelNames = names,
                        Output = file,
                        Seed = (ulong)start + 1,
                        DuplicateFrom = 1.1,
                    }
                )
            )
            {
                session.Embed(texts => [.. texts.Select(text => vectors[text])]);
                for (int i = 0; i < answers; i++)
                {
                    LabelQuestion question = session.Next("anna")!;
                    LabelledText row = train[int.Parse(question.Id, CultureInfo.InvariantCulture) - 1];
                    labelled.Add(row);
                    session.Answer(new LabelAnswer(question.Id, "anna", [row.Label!]));
                    if (names.Length < 10 || i % 10 == 9)
                        await session.UpToDateAsync(i == answers - 1, TestContext.Current.CancellationToken);
                }

                estimate = session.State().Estimate;
            }

            File.Delete(file);
            File.Delete(file + ".lock");
            LabelledText[] shuffled = [.. train];
            CounterRandom draw = new(CounterRandom.Key(99, (ulong)start));
            draw.Shuffle<LabelledText>(shuffled);
            chosen += (truth = Accuracy(labelled, test, names, vectors, plain: false)) / Starts;
            double plain = Accuracy(labelled, test, names, vectors, plain: true);
            random += Accuracy([.. shuffled.Take(answers)], test, names, vectors, plain: false) / Starts;
            random125 += Accuracy([.. shuffled.Take(answers * 5 / 4)], test, names, vectors, plain: false) / Starts;
            if (estimate is not null && plain >= estimate.Accuracy.Low && plain <= estimate.Accuracy.High)
                covered++;
            TestContext.Current.TestOutputHelper?.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{start}: {truth:F4} ({plain:F4}, {estimate?.Accuracy})")
            );
        }

        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"{task}: {answers} chosen {chosen:F4}; {answers} random {random:F4}; {answers * 5 / 4} random {random125:F4}; the "
                + $"interval covers {covered} of {Starts}"
        );
        Console.Error.WriteLine(line);
        Assert.True(chosen >= random125 && covered >= 8, line);
    }

    private static double Accuracy(
        IReadOnlyList<LabelledText> rows,
        LabelledText[] test,
        string[] names,
        Dictionary<string, float[]> vectors,
        bool plain
    )
    {
        float[] features = [.. rows.SelectMany(row => vectors[row.Text])];
        int width = features.Length / rows.Count;
        int[] labels = [.. rows.Select(row => Array.IndexOf(names, row.Label))];
        LinearClassifier model = LogisticRegression.FitPlain(features, width, labels, names.Length, 10);
        if (!plain && names.Length < 10)
            model = LogisticRegression.FitWithChosenPenalty(features, width, labels, names.Length).ToLinear();
        return test.Count(row => TensorPrimitives.IndexOfMax(model.Score(vectors[row.Text])[0]) == Array.IndexOf(names, row.Label))
            / (double)test.Length;
    }

    private static LabelledText[] Read(string task, string file, int most)
    {
        LabelledText[] rows = [.. LabelledTextReader.Read(TestData.Shared("tasks", task, file)).Rows];
        CounterRandom random = new(CounterRandom.Key(5));
        random.Shuffle<LabelledText>(rows);
        return [.. rows.DistinctBy(row => row.Text).Take(most)];
    }

    private static Dictionary<string, float[]> Vectors(string task, string[] texts)
    {
        string cache = Path.Combine(Path.GetTempPath(), $"graft-study-{task}.vectors");
        if (!File.Exists(cache))
        {
            using Embedder embedder = Embedder.Load(TestData.Shared("models", "all-MiniLM-L6-v2"));
            File.WriteAllBytes(
                cache,
                System
                    .Runtime.InteropServices.MemoryMarshal.AsBytes<float>(
                        texts.Chunk(256).SelectMany(batch => embedder.Embed(batch).Vectors).SelectMany(vector => vector).ToArray()
                    )
                    .ToArray()
            );
        }

        float[] all = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(cache)).ToArray();
        int width = all.Length / texts.Length;
        return texts.Select((text, i) => (text, all[(i * width)..((i + 1) * width)])).ToDictionary(pair => pair.text, pair => pair.Item2);
    }
}
