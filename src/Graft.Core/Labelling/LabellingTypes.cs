using Graft.Data;
using Graft.Evaluation;

namespace Graft.Labelling;

/// <summary>What is labelled, and how.</summary>
public sealed record LabellingOptions
{
    /// <summary>The names that a text may get.</summary>
    public required IReadOnlyList<string> LabelNames { get; init; }

    /// <summary>The file that labels are appended to.</summary>
    public required string Output { get; init; }

    /// <summary>Whether a text may get several labels, or none.</summary>
    public bool Several { get; init; }

    /// <summary>The share of texts that are drawn at random: they alone tell how good the model is.</summary>
    /// <value>0.2</value>
    public double RandomShare { get; init; } = 0.2;

    /// <summary>The seed of the random draws.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>From what cosine on two texts are near duplicates, to be answered once.</summary>
    /// <value>0.97</value>
    public double DuplicateFrom { get; init; } = 0.97;

    /// <summary>Refuses impossible options.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        if (
            LabelNames.Count < (Several ? 1 : 2)
            || LabelNames.Any(string.IsNullOrWhiteSpace)
            || LabelNames.Distinct(StringComparer.Ordinal).Count() != LabelNames.Count
        )
            throw new InputException(
                "label-names",
                string.Join(',', LabelNames),
                Several ? "at least one name, all different" : "at least two names, all different"
            );
        if (RandomShare is < 0 or > 1 || double.IsNaN(RandomShare))
            throw new InputException("random-share", FormattableString.Invariant($"{RandomShare}"), "from 0 to 1");
    }
}

/// <summary>A text to label.</summary>
/// <param name="Id">The id in answers and in the file of labels.</param>
/// <param name="Text">The text.</param>
/// <param name="Pair">The second text of a pair; null where there is none.</param>
/// <param name="Suggested">What the model would answer; empty where there is none yet, or it would give no label.</param>
/// <param name="Probabilities">The model's probability of each label name; empty while there is no model.</param>
/// <param name="Random">Whether it was drawn at random.</param>
/// <param name="Duplicates">The number of unlabelled texts that nearly equal it.</param>
internal sealed record LabelQuestion(
    string Id,
    string Text,
    string? Pair,
    IReadOnlyList<string> Suggested,
    IReadOnlyList<double> Probabilities,
    bool Random,
    int Duplicates
);

/// <summary>A person's answer.</summary>
/// <param name="Id">The text.</param>
/// <param name="By">The person's name.</param>
/// <param name="Labels">The labels; exactly one where the task takes one.</param>
internal sealed record LabelAnswer(string Id, string By, IReadOnlyList<string> Labels)
{
    /// <value>What the person wrote beside it.</value>
    public string? Note { get; init; }

    /// <value>Leaves the text out instead of labelling it.</value>
    public bool Skip { get; init; }

    /// <value>Decides between people who disagreed.</value>
    public bool Decide { get; init; }

    /// <value>Gives the same labels to the text's near duplicates.</value>
    public bool WithDuplicates { get; init; }
}

/// <summary>A label that the model, trained on the other labels, finds unlikely.</summary>
/// <param name="Id">The text's id.</param>
/// <param name="Text">The text.</param>
/// <param name="Labels">What it was given.</param>
/// <param name="Suggested">What the model would give.</param>
/// <param name="Probability">The model's probability of what it was given.</param>
internal sealed record DoubtedLabel(
    string Id,
    string Text,
    IReadOnlyList<string> Labels,
    IReadOnlyList<string> Suggested,
    double Probability
);

/// <summary>A text to which people gave different labels, and nobody decided yet.</summary>
/// <param name="Id">The text's id.</param>
/// <param name="Text">The text.</param>
/// <param name="Answers">The labels by person.</param>
internal sealed record Disagreement(string Id, string Text, IReadOnlyDictionary<string, IReadOnlyList<string>> Answers);

/// <summary>The agreement of two people on the texts that both labelled.</summary>
/// <param name="First">A person.</param>
/// <param name="Second">Another.</param>
/// <param name="Texts">The texts that both labelled.</param>
/// <param name="Kappa">Cohen's κ; NaN where chance alone would agree everywhere.</param>
internal sealed record Agreement(string First, string Second, int Texts, double Kappa);

/// <summary>What the labels so far are worth, measured on texts drawn at random, each by a model that was not trained on it.</summary>
/// <param name="Accuracy">The share of right answers with its 90 % interval (Wilson).</param>
/// <param name="RandomTexts">The texts drawn at random that were labelled.</param>
/// <param name="GainOfNextHundred">What the learning curve expects of a hundred more labels; null where it is too early to tell.</param>
internal sealed record LabellingEstimate(ScoreInterval Accuracy, int RandomTexts, double? GainOfNextHundred)
{
    /// <summary>Whether more labels of this kind would change little: under half a point in a hundred.</summary>
    public bool MayStop => GainOfNextHundred is < 0.005;
}

/// <summary>Where labelling stands.</summary>
internal sealed record LabellingState
{
    /// <value>The number of texts.</value>
    public required int Texts { get; init; }

    /// <value>Texts with labels.</value>
    public required int Labelled { get; init; }

    /// <value>Texts by label.</value>
    public required IReadOnlyDictionary<string, int> Counts { get; init; }

    /// <value>Texts whose vectors are computed; suggestions begin when all are.</value>
    public required int Embedded { get; init; }

    /// <value>The number of labels that the model of now was trained on.</value>
    public required int ModelLabels { get; init; }

    /// <value>Null while fewer than ten texts drawn at random are labelled, or there is no model.</value>
    public LabellingEstimate? Estimate { get; init; }

    /// <value>The most doubted labels, at most 20.</value>
    public required IReadOnlyList<DoubtedLabel> Doubted { get; init; }

    /// <value>Texts that wait for a decision, at most 50.</value>
    public required IReadOnlyList<Disagreement> Disagreements { get; init; }

    /// <value>For every two people.</value>
    public required IReadOnlyList<Agreement> Agreements { get; init; }
}
