using System.Globalization;
using Graft.Evaluation;

namespace Graft.Tasks;

/// <summary>
/// When a model says that it does not know: below a confidence that was chosen on held-out examples so that the answers above it reach an
/// accuracy, with a bound (learn then test, Angelopoulos et al. 2021).
/// </summary>
internal sealed record Abstention
{
    /// <summary>How often, over draws of the held-out examples, the accuracy is reached.</summary>
    public const double Certainty = 0.9;

    /// <summary>The accuracy that was asked for.</summary>
    public required double Accuracy { get; init; }

    /// <summary>The least confidence of an answer that is given. Null where none is certain to do: every answer is unsure.</summary>
    public double? Confidence { get; init; }

    /// <summary>The share of the held-out examples that was answered.</summary>
    public double Coverage { get; init; }

    /// <summary>The accuracy of those; NaN where there are none.</summary>
    public double AnsweredAccuracy { get; init; } = double.NaN;

    /// <summary>What that accuracy is at least, with 90 % certainty.</summary>
    public double AccuracyLow { get; init; }

    /// <summary>The number of held-out examples.</summary>
    public int Examples { get; init; }

    /// <summary>Refuses an accuracy that cannot be asked of a task.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public static void Validate(double? accuracy, FineTuningTask task)
    {
        if (accuracy is not double asked) return;
        if (!(asked > 0 && asked < 1))
            throw new InputException(
                "abstain",
                asked.ToString(CultureInfo.InvariantCulture),
                "an accuracy above 0 and below 1, such as 0.95"
            );
        if (task is not SequenceClassification.TextClassification)
            throw new InputException(
                "abstain",
                asked.ToString(CultureInfo.InvariantCulture),
                $"left out: {task.Name} has no accuracy of one class a text (text-classification, text-pair-classification)"
            );
    }

    /// <summary>Chooses on held-out examples.</summary>
    /// <param name="accuracy">The accuracy asked for.</param>
    /// <param name="task">The task.</param>
    /// <param name="data">Examples that the model was not trained on.</param>
    /// <param name="predictions">The answers to them, with the confidence that later answers will have.</param>
    public static Abstention Choose(double accuracy, FineTuningTask task, TaskData data, IReadOnlyList<Prediction> predictions)
    {
        (double[] confidences, bool[] right) = Of(task, data, predictions);
        ConfidenceThreshold found = ConfidenceThreshold.Choose(confidences, right, accuracy, Certainty);
        return new Abstention
        {
            Accuracy = accuracy,
            Confidence = found.Confidence,
            Coverage = predictions.Count == 0 ? 0 : (double)found.Answered / predictions.Count,
            AnsweredAccuracy = found.Answered == 0 ? double.NaN : (double)found.Right / found.Answered,
            AccuracyLow = found.Low,
            Examples = predictions.Count,
        };
    }

    /// <summary>How sure and whether right, an example each.</summary>
    public static (double[] Confidences, bool[] Right) Of(FineTuningTask task, TaskData data, IReadOnlyList<Prediction> predictions) =>
        (
            [.. predictions.Select(prediction => prediction.Confidence ?? 0)],
            [.. predictions.Select((prediction, i) => task.IsRight(data, i, prediction))]
        );

    /// <summary>One line for people.</summary>
    public string Describe() => Confidence is double confidence
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"unsure below confidence {confidence:0.###}: {100 * Coverage:0.#} % of {Examples} held-out examples are answered, "
                + $"{100 * AnsweredAccuracy:0.#} % of those rightly (at least {100 * AccuracyLow:0.#} %, with "
                + $"{100 * Certainty:0} % certainty)"
        )
        : string.Create(
            CultureInfo.InvariantCulture,
            $"every answer is unsure: on {Examples} held-out examples no confidence gives accuracy {Accuracy:0.###} with "
                + $"{100 * Certainty:0} % certainty; ask for less, or label more"
        );
}
