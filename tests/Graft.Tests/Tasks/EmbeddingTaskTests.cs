using System.Text.Json.Nodes;
using Graft.Inference;
using Graft.Tasks;
using Graft.Tasks.Embedding;
using Graft.Training;

namespace Graft.Tests.Tasks;

/// <summary>Sentence vectors from pairs, triplets and scored pairs.</summary>
public sealed class EmbeddingTaskTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void LearnsFromPairsAndSavesTheLayoutOfSentenceTransformers()
    {
        FineTuningResult result = FineTuning.Run(Options(Pairs("pairs.tsv")));
        Assert.Equal("accuracy", result.Scores[0].Name);
        Assert.True(result.Scores[0].Interval.Value > 0.9, $"accuracy {result.Scores[0].Interval.Value}");
        JsonNode modules = JsonNode.Parse(File.ReadAllText(Path.Combine(result.Folder, "modules.json")))!;
        Assert.Equal("sentence_transformers.models.Pooling", (string?)modules[1]!["type"]);
        // The keys that every version takes as arguments: two more came with 2.3.
        Assert.Equal(
            "word_embedding_dimension 32, pooling_mode_cls_token false, pooling_mode_max_tokens false, pooling_mode_mean_tokens true, "
                + "pooling_mode_mean_sqrt_len_tokens false",
            string.Join(
                ", ",
                JsonNode
                    .Parse(File.ReadAllText(Path.Combine(result.Folder, "1_Pooling", "config.json")))!
                    .AsObject()
                    .Select(pair => $"{pair.Key} {pair.Value}")
            )
        );
        string[] transformer =
        [
            .. JsonNode
                .Parse(File.ReadAllText(Path.Combine(result.Folder, "sentence_bert_config.json")))!
                .AsObject()
                .Select(pair => pair.Key),
        ];
        Assert.Equal(["max_seq_length", "do_lower_case"], transformer);
        using Predictor predictor = Predictor.Load(result.Folder);
        Assert.Equal(32, ((EmbeddingPrediction)predictor.Predict("anna lives in rome .")).Vector.Length);
        double near = ((SimilarityPrediction)predictor.Predict("anna rome ?", "anna lives in rome")).Similarity,
            far = ((SimilarityPrediction)predictor.Predict("anna rome ?", "omar lives in oslo")).Similarity;
        Assert.True(near > far, $"{near} > {far}");
    }

    [Fact]
    public void LearnsFromTriplets()
    {
        string[] places = ["rome", "oslo", "lima"];
        string data = _tiny.Write(
            "triplets.tsv",
            [
                "anchor\tpositive\tnegative",
                .. Enumerable
                    .Range(0, 48)
                    .Select(i => $"who lives in {places[i % 3]} ?\tanna in {places[i % 3]}\tanna in {places[(i + 1) % 3]}"),
            ]
        );
        FineTuningResult result = FineTuning.Run(Options(data));
        Assert.True(result.Scores[0].Interval.Value > 0.9, $"accuracy {result.Scores[0].Interval.Value}");
    }

    [Fact]
    public void LearnsFromScoredPairs()
    {
        string[] places = ["rome", "oslo", "lima"];
        string data = _tiny.Write(
            "scored.tsv",
            [
                "text\tpair\tlabel",
                .. Enumerable
                    .Range(0, 60)
                    .Select(i => $"who lives in {places[i % 3]} ?\tanna in {places[i / 3 % 3]}\t{(i % 3 == i / 3 % 3 ? "5.0" : "0.5")}"),
            ]
        );
        FineTuningResult result = FineTuning.Run(Options(data));
        Assert.Equal("spearman", result.Scores[0].Name);
        Assert.True(result.Scores[0].Interval.Value > 0.8, $"spearman {result.Scores[0].Interval.Value}");
    }

    [Fact]
    public void ACutBatchHasAllItsNegatives()
    {
        FineTuningOptions options = Options(Pairs("pairs.tsv")) with
        {
            Epochs = null,
            Training = new TrainingOptions { Steps = 2 },
            Evaluation = null,
            Dropout = 0.1,
            LearningRate = 1e-4,
        };
        float[] whole = FineTuningTests.Weights(FineTuning.Run(options with { Output = _tiny.PathOf("whole") }).Folder);
        float[] cut = FineTuningTests.Weights(
            FineTuning.Run(options with { Output = _tiny.PathOf("cut"), GradientAccumulation = 4 }).Folder
        );
        for (int i = 0; i < whole.Length; i++)
            Assert.Equal(whole[i], cut[i], 1e-4f);
    }

    [Fact]
    public void ALabelThatIsNoNumberIsNamed()
    {
        string data = _tiny.Write("labels.tsv", ["text\tpair\tlabel", "good\tlovely\t1.0", "good\tbad\tcontradiction"]);
        EmbeddingData read = (EmbeddingData)new SentenceEmbedding().Read(data, new(), labelled: true);
        Assert.Equal(3, Assert.Single(read.BadRows).Line);
    }

    private string Pairs(string name)
    {
        string[] places = ["rome", "oslo", "lima"],
            people = ["anna", "omar", "lena"];
        return _tiny.Write(
            name,
            [
                "text\tpair",
                .. Enumerable
                    .Range(0, 63)
                    .Select(i => $"{people[i / 3 % 3]} {places[i % 3]} ?\t{people[i / 3 % 3]} lives in {places[i % 3]}")
                    .Take(48),
            ]
        );
    }

    private FineTuningOptions Options(string data) =>
        new()
        {
            Model = _tiny.ModelFolder,
            Task = new SentenceEmbedding(),
            Train = data,
            Evaluation = data,
            Output = _tiny.PathOf("run"),
            Epochs = 8,
            LearningRate = 2e-3,
            BatchSize = 12,
            Dropout = 0,
            Encoding = new EncodingOptions { MaxLength = 24 },
            Training = new TrainingOptions { EvaluateEvery = 1000 },
        };
}
