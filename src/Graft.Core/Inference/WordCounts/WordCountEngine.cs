using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Tasks;
using Graft.Tokenizers;

namespace Graft.Inference.WordCounts;

/// <summary>Opens run folders of word counts; needs neither libtorch nor ONNX Runtime.</summary>
internal sealed class WordCountEngine : IScoringEngine
{
    public bool CanOpen(string folder) => File.Exists(Path.Combine(folder, WordCountModel.FileName));

    public IScorer Open(string folder, ScorerOptions options, Func<ScoredModel, FineTuningTask> bind)
    {
        if (options.Head is not (null or HeadKinds.SequenceClassification))
            throw new InputException($"{folder} counts words: it has no {options.Head} head and makes no vectors");
        (string[] labels, string? problem) = ReadConfig(Path.Combine(folder, "config.json"));
        WordCountModel model = WordCountModel.Read(folder, labels.Length);
        ScoredModel described = new("model of word counts", HeadKinds.SequenceClassification, labels)
        {
            ProblemType = problem,
            ParameterCount = model.ParameterCount,
        };
        bind(described);
        return new Scorer(model, described, Tokenizer.Load(folder));
    }

    /// <summary>Writes a model's files: weights, configuration, tokenizer.</summary>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public static void Save(string folder, WordCountModel model, FineTuningTask task, Tokenizer tokenizer)
    {
        model.Write(folder);
        AtomicFile.WriteText(Path.Combine(folder, "config.json"), WordCountModel.Config(task).ToJsonString(Runs.RunFolder.Json) + "\n");
        tokenizer.Save(folder);
    }

    private static (string[] Labels, string? Problem) ReadConfig(string path)
    {
        try
        {
            JsonNode json = JsonNode.Parse(File.ReadAllBytes(path)) ?? throw new JsonException("null");
            JsonObject labels = json["id2label"]!.AsObject();
            return (
                [
                    .. Enumerable
                        .Range(0, labels.Count)
                        .Select(i => (string?)labels[$"{i}"] ?? throw new JsonException($"id2label has no {i}")),
                ],
                (string?)json["problem_type"]
            );
        }
        catch (Exception failure) when (failure is IOException or JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new InputException($"{path} cannot be read: {failure.Message}", failure);
        }
    }

    private sealed class Scorer(WordCountModel counts, ScoredModel described, Tokenizer tokenizer) : IScorer
    {
        public ScoredModel Model => described;

        public Tokenizer Tokenizer => tokenizer;

        public FeatureScores[] Score(IReadOnlyList<Feature> features, CancellationToken cancellationToken = default)
        {
            FeatureScores[] scores = new FeatureScores[features.Count];
            for (int i = 0; i < scores.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                scores[i] = new FeatureScores(counts.Score(features[i]), counts.Outputs);
            }

            return scores;
        }

        public void Dispose()
        {
        }
    }
}
