using System.Globalization;
using System.Numerics.Tensors;
using System.Text.RegularExpressions;
using Graft.Backbones;
using Graft.Inference;
using Graft.Pretrained;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tasks.Embedding;
using Graft.Tokenizers;

namespace Graft.Export;

/// <summary>
/// Finds which layers may compute in 8 bits: all at first; while the loss is too large, the kind of layer (such as every layer's output
/// matrix) whose return to floating point brings the scores of some examples nearest to the exact ones goes back.
/// </summary>
/// <param name="model">The exact model.</param>
/// <param name="folder">The folder of the exact model.</param>
/// <param name="output">The folder of 8 bits.</param>
/// <param name="options">What is measured on, and what may be lost.</param>
/// <param name="layers">The layers that can compute in 8 bits.</param>
/// <param name="write">Writes the folder with some layers in floating point.</param>
/// <param name="note">Told what is found.</param>
internal sealed partial class Quantization(
    PretrainedModel model,
    string folder,
    string output,
    OnnxExportOptions options,
    IReadOnlyList<string> layers,
    Action<IReadOnlyList<string>> write,
    Action<string>? note
)
{
    private const int SampleSize = 48, MostTexts = 1000;

    /// <summary>Writes the folder, and says what is lost with which layers in floating point.</summary>
    /// <exception cref="InputException">There is nothing to measure on, or no choice of layers holds the loss.</exception>
    public (ExportLoss Loss, IReadOnlyList<string> Kept) Run(CancellationToken cancellationToken)
    {
        Yardstick yardstick = Choose();
        HashSet<string> kept = new(StringComparer.Ordinal);
        if (model.Head is Layers.Layer head) // the head is small and its rounding goes straight into the answer
            kept.UnionWith(layers.Where(layer => head.Declared().Any(parameter => parameter.Name == layer + ".weight")));
        (IReadOnlyList<Feature> sample, FeatureScores[] exact) = Sample(yardstick);
        double wanted = yardstick.Measure(folder);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Write(kept);
            ExportLoss loss = new(yardstick.Metric, wanted, yardstick.Measure(output), yardstick.Examples);
            note?.Invoke(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"8 bits: {loss.Metric} {loss.Quantized:0.0000} instead of {loss.Exact:0.0000} on {loss.Examples} examples{Kept(kept)}"
                )
            );
            if (loss.Lost <= options.MaxLoss) return (loss, InOrder(kept));
            string[] kinds = [.. layers.Where(layer => !kept.Contains(layer)).Select(Kind).Distinct()];
            if (kinds.Length <= 1)
                throw new InputException(
                    $"8 bits cost {loss.Lost:0.0000} of {loss.Metric}, more than `max-loss` {options.MaxLoss}, with nearly every layer "
                        + $"in floating point: export fp32"
                );
            string best = kinds.MinBy(kind =>
                Deviation([.. kept, .. layers.Where(layer => Kind(layer) == kind)], sample, exact, cancellationToken)
            )!;
            kept.UnionWith(layers.Where(layer => Kind(layer) == best));
        }
    }

    private static string Kept(HashSet<string> kept) => kept.Count == 0 ? "" : $", {kept.Count} layers in floating point";

    private void Write(HashSet<string> kept) => write(InOrder(kept));

    private string[] InOrder(HashSet<string> kept) => [.. layers.Where(kept.Contains)];

    private double Deviation(
        HashSet<string> kept,
        IReadOnlyList<Feature> sample,
        FeatureScores[] exact,
        CancellationToken cancellationToken
    )
    {
        Write(kept);
        FeatureScores[] scores = ScoresOf(output, sample, cancellationToken);
        return scores.Zip(exact, (found, wanted) => (double)TensorPrimitives.Distance<float>(found.Values, wanted.Values)).Sum();
    }

    private (IReadOnlyList<Feature> Features, FeatureScores[] Exact) Sample(Yardstick yardstick)
    {
        IReadOnlyList<Feature> features = yardstick.Features(SampleSize);
        return (features, ScoresOf(folder, features, default));
    }

    private FeatureScores[] ScoresOf(string path, IReadOnlyList<Feature> features, CancellationToken cancellationToken)
    {
        FineTuningTask? bound = null;
        RunManifest? record = RunManifest.Read(path);
        using IScorer scorer = ScoringEngines.Open(path, new ScorerOptions { Head = model.HeadKind }, scored =>
            bound = model.HeadKind == HeadKinds.Embedding ? new SentenceEmbedding() : Predictor.Bind(path, record, null, scored)
        );
        return scorer.Score(features, cancellationToken);
    }

    /// <summary>What the loss is measured on: labelled examples, or the texts of an embedding model.</summary>
    private Yardstick Choose()
    {
        RunManifest? record = RunManifest.Read(folder);
        string? file = options.Evaluation ?? record?.Evaluation?.Path;
        if (file is null || !File.Exists(file))
            throw new InputException(
                $"{folder} records no development data that is there: 8 bits lose something, so name examples to measure it on with `eval`"
            );
        bool ofTexts =
            model.HeadKind == HeadKinds.Embedding && string.Equals(Path.GetExtension(file), ".txt", StringComparison.OrdinalIgnoreCase);
        if (!ofTexts)
            return OfExamples(file, record);
        note?.Invoke($"{file} has texts and no answers: the loss is 1 − the mean cosine of exact and quantized vectors");
        return OfTexts(file);
    }

    private Yardstick OfExamples(string file, RunManifest? record)
    {
        string? task = record is null && model.HeadKind == HeadKinds.Embedding ? new SentenceEmbedding().Name : null;
        using Predictor predictor = Predictor.Load(folder, task: task);
        FineTuningTask bound = predictor.Task;
        TaskData data = bound.Read(file, new Data.ColumnOptions(), labelled: true);
        EncodingOptions encoding = predictor.Encoding;
        return new Yardstick(
            bound.MainMetricOn(data),
            data.Count,
            path =>
                RunEvaluation
                    .Evaluate(path, file, task: task, encoding: encoding)
                    .Scores.First(score => score.Name == bound.MainMetricOn(data))
                    .Interval.Value,
            count => bound.Encode(data.Take([.. Enumerable.Range(0, Math.Min(count, data.Count))]), model.Tokenizer, encoding).Features
        );
    }

    private Yardstick OfTexts(string file)
    {
        string[] texts = [.. File.ReadLines(file).Where(line => line.Length > 0).Take(MostTexts)];
        if (texts.Length == 0) throw new InputException($"{file} has no texts");
        float[][]? exact = null;
        double Measure(string path)
        {
            using Embedder embedder = Embedder.Load(path);
            IReadOnlyList<float[]> vectors = embedder.Embed(texts).Vectors;
            exact ??= [.. vectors]; // the exact model is measured first
            return vectors.Zip(exact, (found, wanted) => Embedder.Cosine(found, wanted)).Average();
        }

        IReadOnlyList<Feature> Features(int count) =>
            [
                .. texts
                    .Take(count)
                    .Select(
                        (text, i) =>
                        {
                            TokenizedText tokens = model.Tokenizer.Encode(
                                text,
                                options: new EncodeOptions { MaxLength = Math.Min(512, model.Backbone.PositionLimit ?? 512) }
                            );
                            return new Feature
                            {
                                Example = i,
                                Ids = tokens.Ids,
                                TypeIds = tokens.TypeIds,
                            };
                        }
                    ),
            ];
        return new Yardstick("cosine", texts.Length, Measure, Features);
    }

    /// <summary>"encoder.layer.3.output.dense" → "encoder.layer.*.output.dense".</summary>
    private static string Kind(string layer) => Number().Replace(layer, "*");

    [GeneratedRegex(@"\d+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Number();

    private sealed record Yardstick(string Metric, int Examples, Func<string, double> Measure, Func<int, IReadOnlyList<Feature>> Features);
}
