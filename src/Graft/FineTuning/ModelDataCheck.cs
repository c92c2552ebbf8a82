using System.Globalization;
using Graft.Backbones;
using Graft.Data;
using Graft.Data.Checks;
using Graft.Evaluation;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Tasks.Contrastive;
using Graft.Tasks.TokenClassification;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tasks;

/// <summary>
/// What a pre-trained model finds in labelled data that reading it does not show: labels that are probably wrong, and texts that mean
/// almost the same, with their labels side by side.
/// <code>
/// foreach (Finding finding in ModelDataCheck.Run(new() { Task = "text-classification", Train = "train.tsv" }, "all-MiniLM-L6-v2"))
///     Console.WriteLine($"{finding.Code}: {finding.Summary}");
/// </code>
/// </summary>
public static class ModelDataCheck
{
    private const int Folds = 5, ForPenalty = 2_000, MostWords = 20_000, Shown = 60;
    private const ulong Seed = 42, WordPurpose = 0x0D0C;
    private const double WordPenalty = 1e-3;

    /// <summary>
    /// Finds suspicious labels (<c>suspicious-labels</c>: confident learning, Northcutt et al. 2021, on the probabilities of a classifier
    /// on the model's frozen vectors, each text asked of one that was fitted without it) and near duplicates (<c>near-duplicates</c>).
    /// </summary>
    /// <param name="options">The task and its training file.</param>
    /// <param name="model">The folder of a pre-trained model.</param>
    /// <param name="output">Where every suspicious label goes, as JSON Lines, the surest first; null: nowhere.</param>
    /// <param name="logger">Told what takes time.</param>
    /// <param name="cancellationToken">Stops between batches and folds.</param>
    /// <returns>The findings; their places are the surest first.</returns>
    /// <exception cref="InputException">A file cannot be used, or the task has no labels to doubt.</exception>
    /// <exception cref="RunFailedException">The output cannot be written.</exception>
    public static IReadOnlyList<Finding> Run(
        DataCheckOptions options,
        string model,
        string? output = null,
        ILogger? logger = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        logger ??= NullLogger.Instance;
        FineTuningTask task = FineTuningTasks.Parse(options.Task);
        if (task is not (SequenceClassification.TextClassification or SequenceClassification.MultiLabelClassification
            or TokenClassification.TokenClassification))
            throw new InputException(
                "model",
                model,
                $"left out: {task.Name} has no labels to doubt (text-classification, text-pair-classification, "
                    + $"multi-label-classification, token-classification)"
            );
        TaskData data = task.Read(options.Train, options.Columns with { Part = DataPart.Training }, labelled: true);
        task = task.WithLabelsOf(data);
        using PretrainedModel loaded = PretrainedModel.Load(
            ShippedModel.Locate(model),
            new LoadOptions { Head = HeadKinds.Embedding, Normalize = true }
        );
        int limit = Math.Min(options.MaxLength, loaded.Backbone.PositionLimit ?? options.MaxLength);
        EncodedData encoded = task.Encode(data, task.ForTraining(loaded.Tokenizer), new EncodingOptions { MaxLength = limit });
        logger.Tell(FormattableString.Invariant($"{data.Count} examples through {model}, then {Folds} classifiers on its vectors"));
        float[] windows = TextVectors.Of(loaded, encoded.Features, cancellationToken);
        string[] strata = Tasks.Folds.Strata(task, data);
        int[] fold = Tasks.Folds.Assign(strata, Folds, Seed, Tasks.Folds.Groups(data, strata, Folds, logger));
        FeatureScores[] scores = task is TokenClassification.TokenClassification
            ? OfWords(loaded, task, encoded, fold, cancellationToken)
            : OfTexts(task, encoded, windows, fold, cancellationToken);
        IReadOnlyList<SuspiciousText> suspicious = SuspiciousTexts.Of(task, data, encoded, scores)!;
        if (output is not null) SuspiciousTexts.Write(output, suspicious);
        float[] vectors = Familiarity.OfExamples(data.Count, encoded.Features, windows);
        Finding?[] found = [Suspicious(suspicious), NearDuplicatesOf(task, data, vectors, cancellationToken)];
        return [.. found.OfType<Finding>()];
    }

    /// <summary>The scores of each window by a classifier that was fitted on the other folds.</summary>
    private static FeatureScores[] OfTexts(
        FineTuningTask task,
        EncodedData encoded,
        float[] windows,
        int[] fold,
        CancellationToken cancellationToken
    )
    {
        int width = windows.Length / encoded.Features.Count, labels = task.Labels.Count;
        Feature[] features = [.. encoded.Features];
        int[] some = [.. Enumerable.Range(0, features.Length)];
        new CounterRandom(CounterRandom.Key(Seed, WordPurpose)).Shuffle<int>(some);
        some = [.. some.Take(ForPenalty).Order()];
        double c = VectorClassifierFit.ChooseC(
            [.. some.Select(i => features[i])],
            VectorClassifierFit.Rows(windows, width, some),
            labels
        );
        FeatureScores[] scores = new FeatureScores[features.Length];
        for (int held = 0; held < Folds; held++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int[] inside = [.. Enumerable.Range(0, features.Length).Where(i => fold[features[i].Example] != held)],
                outside = [.. Enumerable.Range(0, features.Length).Where(i => fold[features[i].Example] == held)];
            if (outside.Length == 0) continue;
            LinearClassifier classifier = VectorClassifierFit.Fit(
                [.. inside.Select(i => features[i])],
                VectorClassifierFit.Rows(windows, width, inside),
                labels,
                c
            );
            float[][] own = classifier.Score(VectorClassifierFit.Rows(windows, width, outside));
            for (int i = 0; i < outside.Length; i++) scores[outside[i]] = new FeatureScores(own[i], labels);
        }

        return scores;
    }

    /// <summary>The scores of each window's words, each by a classifier that was fitted on words of the other folds.</summary>
    private static FeatureScores[] OfWords(
        PretrainedModel model,
        FineTuningTask task,
        EncodedData encoded,
        int[] fold,
        CancellationToken cancellationToken
    )
    {
        WordsFeature[] features = [.. encoded.Features.Cast<WordsFeature>()];
        float[][] states = StatesOfWords(model, features, cancellationToken);
        int labels = task.Labels.Count, width = model.Backbone.HiddenSize;
        FeatureScores[] scores = new FeatureScores[features.Length];
        for (int held = 0; held < Folds; held++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (int Feature, int Place, int Label)[] words =
            [
                .. Enumerable
                    .Range(0, features.Length)
                    .Where(i => fold[features[i].Example] != held)
                    .SelectMany(i => LabelsOf(features[i]).Select((label, place) => (i, place, label)))
                    .Where(word => word.label >= 0),
            ];
            new CounterRandom(CounterRandom.Key(Seed, WordPurpose, (ulong)held)).Shuffle<(int, int, int)>(words);
            words = words[..Math.Min(MostWords, words.Length)];
            float[] vectors = new float[words.Length * width];
            for (int i = 0; i < words.Length; i++)
                states[words[i].Feature].AsSpan(words[i].Place * width, width).CopyTo(vectors.AsSpan(i * width));
            LinearClassifier classifier = LogisticRegression
                .Fit(vectors, width, [.. words.Select(word => word.Label)], labels, WordPenalty)
                .ToLinear();
            for (int i = 0; i < features.Length; i++)
            {
                if (fold[features[i].Example] != held) continue;
                float[] values = new float[features[i].Ids.Length * labels];
                int place = 0;
                float[][] own = classifier.Score(states[i]);
                for (int token = 0; token < features[i].Ids.Length; token++)
                {
                    if (features[i].FirstOfWord[token] >= 0) own[place++].CopyTo(values, token * labels);
                }

                scores[i] = new FeatureScores(values, labels);
            }
        }

        return scores;
    }

    /// <summary>The labels of the words that a window begins; −1 where the loss leaves one out.</summary>
    private static IEnumerable<int> LabelsOf(WordsFeature feature) =>
        feature.FirstOfWord.Select((word, token) => (word, token)).Where(pair => pair.word >= 0)
            .Select(pair => (int)((TokensTarget)feature.Target!).Classes[pair.token]);

    /// <summary>For each window the states of the first tokens of its words, [words, D].</summary>
    private static float[][] StatesOfWords(
        PretrainedModel model,
        WordsFeature[] features,
        CancellationToken cancellationToken
    )
    {
        Collator collator = Collator.Of(BatchLayout.Packed, model);
        float[][] states = new float[features.Length][];
        int width = model.Backbone.HiddenSize;
        foreach (int[] places in LengthBatches.Of(features))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using IDisposable inference = inference_mode();
            using ComputeScope computing = model.Enter();
            using DisposeScope scope = NewDisposeScope();
            EncoderInput input = collator.Input([.. places.Select(i => features[i])]);
            Tensor output = model.Backbone.Forward(input).LastHiddenState;
            float[] rows = output.ToSingles();
            int padded = input.IsPacked ? 0 : (int)output.shape[1], row = 0;
            foreach (int i in places)
            {
                int[] first = [.. Enumerable.Range(0, features[i].Ids.Length).Where(token => features[i].FirstOfWord[token] >= 0)];
                states[i] = new float[first.Length * width];
                for (int word = 0; word < first.Length; word++)
                    rows.AsSpan((row + first[word]) * width, width).CopyTo(states[i].AsSpan(word * width));
                row += padded > 0 ? padded : features[i].Ids.Length;
            }
        }

        return states;
    }

    private static Finding? Suspicious(IReadOnlyList<SuspiciousText> labels) => Findings.Of(
        "suspicious-labels",
        Severity.Warning,
        [
            .. labels.Select(label => new Place(
                label.Path,
                label.Line,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"\"{Short(label.Text)}\" is \"{label.Given}\", likely \"{label.Likely}\" (margin {label.Margin:0.00})"
                )
            )),
        ],
        n => $"{n} {(n == "1 label" ? "is" : "are")} probably wrong by a model that did not see {(n == "1 label" ? "it" : "them")}, the "
            + "surest first",
        "look at them in this order, and correct or remove what is wrong",
        "label",
        "labels"
    );

    private static Finding? NearDuplicatesOf(FineTuningTask task, TaskData data, float[] vectors, CancellationToken cancellationToken)
    {
        int width = vectors.Length / Math.Max(1, data.Count);
        double threshold = NearDuplicates.ThresholdOf(vectors, width, Seed);
        (NearDuplicate Pair, bool Differ)[] pairs =
        [
            .. NearDuplicates
                .Find(vectors, width, threshold, cancellationToken)
                .Where(pair => !Same(data.TextOf(pair.First), data.TextOf(pair.Second))) // equal texts are found without a model
                .Select(pair => (pair, task.TruthOf(data, pair.First) != task.TruthOf(data, pair.Second)))
                .OrderByDescending(pair => pair.Item2),
        ];
        int differ = pairs.Count(pair => pair.Differ);
        return Findings.Of(
            "near-duplicates",
            differ > 0 ? Severity.Warning : Severity.Note,
            [
                .. pairs.Select(pair => new Place(
                    data.Path,
                    LineOf(data, pair.Pair.First),
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"\"{Short(data.TextOf(pair.Pair.First))}\" ({task.TruthOf(data, pair.Pair.First)}) and line "
                            + $"{LineOf(data, pair.Pair.Second)} \"{Short(data.TextOf(pair.Pair.Second))}\" "
                            + $"({task.TruthOf(data, pair.Pair.Second)}), cosine {pair.Pair.Cosine:0.000}"
                    )
                )),
            ],
            n => string.Create(
                CultureInfo.InvariantCulture,
                $"{n} of texts mean{(n == "1 pair" ? "s" : "")} almost the same (cosine from {threshold:0.000} on), {differ} with "
                    + $"different labels{(differ > 0 ? ", those first" : "")}"
            ),
            "give both the same label where they mean the same; keep them together when you split the data",
            "pair",
            "pairs"
        );
    }

    private static long LineOf(TaskData data, int example) =>
        data is SequenceClassification.TextData texts ? texts.Rows[example].Line : ((TokenData)data).Sequences[example].Line;

    private static bool Same(string a, string b) =>
        string.Equals(
            string.Join(' ', a.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
            string.Join(' ', b.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)),
            StringComparison.OrdinalIgnoreCase
        );

    private static string Short(string text) => text.Length <= Shown ? text : text[..(Shown - 1)].TrimEnd() + "…";
}
