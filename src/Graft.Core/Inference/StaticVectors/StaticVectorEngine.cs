using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Heads;
using Graft.Tasks;
using Graft.Tokenizers;

namespace Graft.Inference.StaticVectors;

/// <summary>Opens folders of static vectors; needs neither libtorch nor ONNX Runtime.</summary>
internal sealed class StaticVectorEngine : IScoringEngine
{
    public bool CanOpen(string folder) => StaticFolder.IsIn(folder);

    public IScorer Open(string folder, ScorerOptions options, Func<ScoredModel, FineTuningTask> bind)
    {
        bool classifies = VectorClassifier.IsIn(folder) && options.Head != HeadKinds.Embedding;
        string head = options.Head ?? (classifies ? HeadKinds.SequenceClassification : HeadKinds.Embedding);
        if (head is not HeadKinds.Embedding && !(head == HeadKinds.SequenceClassification && classifies))
            throw new InputException($"{folder} holds static vectors{(classifies ? " and a classifier" : "")}: it has no {head} head");
        if (options.Pooling is not (null or EmbeddingPooling.Mean))
            throw new InputException($"{folder}: a text's vector is the mean of its tokens' vectors, not {options.Pooling}");
        if (options.Compute is not null)
            throw new InputException("compute", options.Compute.GetType().Name, $"null: {folder} is computed by Graft itself");
        StaticFolder read = StaticFolder.Read(folder, options.Normalize);
        (string[] labels, string? problem) = classifies ? ReadLabels(Path.Combine(folder, "config.json")) : ([], null);
        VectorClassifier? classifier = classifies ? VectorClassifier.Load(folder, labels.Length, read.Table.Width) : null;
        ScoredModel described = new("static model", head, labels)
        {
            ProblemType = problem,
            Texts = read.Texts,
            VectorSize = read.Table.Width,
            ParameterCount = read.Table.ParameterCount + (classifier?.ParameterCount ?? 0),
            Poolings = [EmbeddingPooling.Mean],
            Normalizes = read.Table.Normalizes,
        };
        bind(described);
        return new StaticScorer(read, described, classifier);
    }

    private static (string[] Labels, string? Problem) ReadLabels(string path)
    {
        JsonObject json = ModelJson.ReadObject(path);
        JsonObject labels =
            json["id2label"] as JsonObject ?? throw new InputException($"{path}: id2label is missing, but a classifier stands beside it");
        return (
            [
                .. Enumerable
                    .Range(0, labels.Count)
                    .Select(i => ModelJson.Text(labels[$"{i}"]) ?? throw new InputException($"{path}: id2label has no {i}")),
            ],
            ModelJson.Text(json["problem_type"])
        );
    }
}

/// <summary>Means of tokens' vectors, and what a classifier makes of them.</summary>
internal sealed class StaticScorer(StaticFolder model, ScoredModel described, VectorClassifier? classifier) : IScorer, ITextVectors
{
    private static readonly EncodeOptions s_bare = new() { AddSpecialTokens = false };

    [ThreadStatic]
    private static TokenBuffer? s_tokens;

    public ScoredModel Model => described;

    public Tokenizer Tokenizer => model.Tokenizer;

    public int Embed(ReadOnlySpan<char> text, int maxLength, Span<float> vector, out bool wasCut)
    {
        TokenBuffer tokens = s_tokens ??= new();
        ReadOnlySpan<char> read = model.CharactersAToken is int characters ? Start(text, (long)maxLength * characters) : text;
        model.Tokenizer.Encode(read, tokens, s_bare);
        int counted = model.Table.Mean(tokens.Ids, vector, maxLength);
        wasCut = read.Length < text.Length || (tokens.Count > maxLength && counted == maxLength);
        return Math.Min(tokens.Count, maxLength);
    }

    public FeatureScores[] Score(IReadOnlyList<Feature> features, CancellationToken cancellationToken = default)
    {
        FeatureScores[] scores = new FeatureScores[features.Count];
        float[] vector = classifier is null ? [] : new float[classifier.Width];
        for (int i = 0; i < scores.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (classifier is null)
            {
                scores[i] = new FeatureScores(PartVectors(features[i]), described.VectorSize);
                continue;
            }

            VectorClassifier.Read(model.Table, features[i].Ids, features[i].TypeIds, vector);
            scores[i] = new FeatureScores(classifier.Score(vector), classifier.Outputs);
        }

        return scores;
    }

    public void Dispose()
    {
    }

    /// <summary>A row for each part: the mean of its windows' vectors.</summary>
    private float[] PartVectors(Feature feature)
    {
        int width = described.VectorSize, window = 0, token = 0;
        float[] rows = new float[feature.WindowsOfParts.Count * width], one = new float[width];
        for (int part = 0; part < feature.WindowsOfParts.Count; part++)
        {
            int windows = feature.WindowsOfParts[part];
            Span<float> row = rows.AsSpan(part * width, width);
            for (int i = 0; i < windows; i++)
            {
                int length = feature.SequenceLengths[window++];
                model.Table.Mean(feature.Ids.AsSpan(token, length), one);
                for (int column = 0; column < width; column++) row[column] += one[column] / windows;
                token += length;
            }
        }

        return rows;
    }

    /// <summary>The first code points of a text.</summary>
    private static ReadOnlySpan<char> Start(ReadOnlySpan<char> text, long codePoints)
    {
        if (text.Length <= codePoints) return text;
        int at = 0;
        for (long count = 0; count < codePoints && at < text.Length; count++)
            at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;
        return text[..at];
    }
}
