using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Evaluation;
using Graft.Tasks.SequenceClassification;
using Graft.Tasks.TokenClassification;

namespace Graft.Tasks;

/// <summary>A label of a text, or of a word in it, that is probably wrong.</summary>
/// <param name="Example">Which example.</param>
/// <param name="Path">The file.</param>
/// <param name="Line">The line, of a word its own.</param>
/// <param name="Text">The text; of a tag the word with its sentence.</param>
/// <param name="Given">The label that stands there; several with | between them.</param>
/// <param name="Likely">The label it probably has.</param>
/// <param name="Margin">The likely label's probability minus the given one's.</param>
internal sealed record SuspiciousText(
    int Example,
    string Path,
    long Line,
    string Text,
    string Given,
    string Likely,
    double Margin
)
{
    /// <summary><c>train.tsv line 12</c>.</summary>
    public string Place => FormattableString.Invariant($"{Path} line {Line}");
}

/// <summary>The suspicious labels of a task's examples, by answers of a model that was trained without them.</summary>
internal static class SuspiciousTexts
{
    /// <summary>The name of the file in a run folder.</summary>
    public const string FileName = "suspicious.jsonl";

    private static readonly JsonSerializerOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The surest first; null where the task has no labels to doubt.</summary>
    /// <param name="task">With its labels.</param>
    /// <param name="data">Labelled examples.</param>
    /// <param name="encoded">The features of the examples.</param>
    /// <param name="scores">Scores of the features by models that were trained without their examples.</param>
    public static IReadOnlyList<SuspiciousText>? Of(
        FineTuningTask task,
        TaskData data,
        EncodedData encoded,
        IReadOnlyList<FeatureScores> scores
    ) => task switch
    {
        TextClassification classes => OfClasses(classes, data, encoded, scores),
        MultiLabelClassification labels => OfLabels(labels, data, encoded, scores),
        TokenClassification.TokenClassification tags => OfTags(tags, (TokenData)data, encoded, scores),
        _ => null,
    };

    /// <summary>Writes them, a line each.</summary>
    /// <exception cref="RunFailedException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<SuspiciousText> labels) =>
        AtomicFile.WriteText(
            path,
            string.Concat(
                labels.Select(label =>
                    new JsonObject
                    {
                        ["place"] = label.Place,
                        ["text"] = label.Text,
                        ["given"] = label.Given,
                        ["likely"] = label.Likely,
                        ["margin"] = Math.Round(label.Margin, 6),
                    }.ToJsonString(s_line) + "\n"
                )
            )
        );

    private static SuspiciousText[] OfClasses(
        TextClassification task,
        TaskData data,
        EncodedData encoded,
        IReadOnlyList<FeatureScores> scores
    )
    {
        IReadOnlyList<Prediction> predictions = task.Decode(data, encoded, scores);
        return OfClasses(task, data, [.. predictions.Select(prediction => ((ClassPrediction)prediction).Logits)]);
    }

    /// <summary>The suspicious labels of texts with one class, by logits.</summary>
    /// <param name="task">With its labels.</param>
    /// <param name="data">Labelled examples.</param>
    /// <param name="logits">[examples][classes], each row by a model that was trained without the example.</param>
    public static SuspiciousText[] OfClasses(TextClassification task, TaskData data, double[][] logits)
    {
        int[] given = task.Truth(data);
        double temperature = TemperatureScaling.Fit(given, logits);
        double[][] probabilities = [.. logits.Select(row => TemperatureScaling.Probabilities(row, temperature))];
        return
        [
            .. SuspiciousLabels.Find(given, probabilities, task.Labels.Count).Select(found => new SuspiciousText(
                found.Item,
                data.Path,
                ((TextData)data).Rows[found.Item].Line,
                data.TextOf(found.Item),
                task.Labels[found.Given],
                task.Labels[found.Likely],
                found.Margin
            )),
        ];
    }

    /// <summary>Each label by itself: it is there or it is not.</summary>
    private static SuspiciousText[] OfLabels(
        MultiLabelClassification task,
        TaskData data,
        EncodedData encoded,
        IReadOnlyList<FeatureScores> scores
    )
    {
        IReadOnlyList<Prediction> predictions = task.Decode(data, encoded, scores);
        List<SuspiciousText> all = [];
        for (int label = 0; label < task.Labels.Count; label++)
        {
            string name = task.Labels[label];
            int[] given = [.. Enumerable.Range(0, data.Count).Select(i => ((TextData)data).Rows[i].Labels.Contains(name) ? 1 : 0)];
            double[][] logits =
            [
                .. predictions.Select(prediction =>
                {
                    double probability = Math.Clamp(((LabelsPrediction)prediction).Probabilities[label], 1e-12, 1 - 1e-12);
                    return new[] { 0, Math.Log(probability / (1 - probability)) };
                }),
            ];
            double temperature = TemperatureScaling.Fit(given, logits);
            double[][] probabilities = [.. logits.Select(row => TemperatureScaling.Probabilities(row, temperature))];
            all.AddRange(SuspiciousLabels.Find(given, probabilities, 2).Select(found =>
            {
                IEnumerable<string> own = task.Labels.Where(((TextData)data).Rows[found.Item].Labels.Contains);
                IEnumerable<string> likely = task.Labels.Where(other => other == name ? found.Likely == 1 : own.Contains(other));
                return new SuspiciousText(
                    found.Item,
                    data.Path,
                    ((TextData)data).Rows[found.Item].Line,
                    data.TextOf(found.Item),
                    string.Join('|', own),
                    string.Join('|', likely),
                    found.Margin
                );
            }));
        }

        return [.. all.OrderByDescending(found => found.Margin).ThenBy(found => found.Example)];
    }

    /// <summary>Each word by itself.</summary>
    private static SuspiciousText[] OfTags(
        TokenClassification.TokenClassification task,
        TokenData data,
        EncodedData encoded,
        IReadOnlyList<FeatureScores> scores
    )
    {
        double[]?[][] ofWords = task.WordLogits(data, encoded, scores);
        List<(int Example, int Word)> words = [];
        List<int> given = [];
        List<double[]> logits = [];
        for (int example = 0; example < data.Count; example++)
        {
            for (int word = 0; word < ofWords[example].Length; word++)
            {
                int tag = task.Labels.ToList().IndexOf(data.Sequences[example].Tags[word]);
                if (ofWords[example][word] is not { } row || tag < 0) continue;
                words.Add((example, word));
                given.Add(tag);
                logits.Add(row);
            }
        }

        if (words.Count == 0) return [];
        double temperature = TemperatureScaling.Fit(given, logits);
        double[][] probabilities = [.. logits.Select(row => TemperatureScaling.Probabilities(row, temperature))];
        return
        [
            .. SuspiciousLabels.Find(given, probabilities, task.Labels.Count).Select(found =>
            {
                (int example, int word) = words[found.Item];
                return new SuspiciousText(
                    example,
                    data.Path,
                    data.Sequences[example].LineOf(word),
                    $"{data.Sequences[example].Words[word]} ⏐ {data.TextOf(example)}",
                    task.Labels[found.Given],
                    task.Labels[found.Likely],
                    found.Margin
                );
            }),
        ];
    }
}
