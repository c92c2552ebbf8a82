using Graft.Data;
using Graft.Data.Tagging;
using Graft.Evaluation;

namespace Graft.Tasks.TokenClassification;

/// <content>What predictions are measured by.</content>
public sealed partial record TokenClassification
{
    /// <inheritdoc/>
    public override string MainMetric => MarksEntities ? "entity_f1" : "accuracy";

    private bool MarksEntities =>
        Labels.Any(label => label.StartsWith("B-", StringComparison.Ordinal) || label.StartsWith("I-", StringComparison.Ordinal));

    private TagScheme Scheme => !MarksEntities ? TagScheme.None
        : HasPrefix("U-") || HasPrefix("L-") ? TagScheme.Bilou
        : HasPrefix("S-") || HasPrefix("E-") ? TagScheme.Iobes
        : TagScheme.Iob2;

    private bool HasPrefix(string prefix) => Labels.Any(label => label.StartsWith(prefix, StringComparison.Ordinal));

    /// <inheritdoc/>
    public override double CreditOf(TaskData data, int example, Prediction prediction)
    {
        IReadOnlyList<string> truth = ((TokenData)data).Sequences[example].Tags, tags = ((TagsPrediction)prediction).Tags;
        return truth.Count == 0 ? 1 : truth.Zip(tags, (expected, found) => expected == found ? 1.0 : 0.0).Average();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions)
    {
        IReadOnlyList<string>[] truth = [.. ((TokenData)data).Sequences.Select(sentence => sentence.Tags)];
        IReadOnlyList<string>[] predicted = [.. predictions.Select(prediction => ((TagsPrediction)prediction).Tags)];
        return MarksEntities ? ScoreSet.Entities(truth, predicted) : ScoreSet.Tokens(truth, predicted);
    }

    /// <inheritdoc/>
    public override string TruthOf(TaskData data, int example) => string.Join(' ', ((TokenData)data).Sequences[example].Tags);

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation)
    {
        IReadOnlyList<TokenSequence> learned = ((TokenData)train).Sequences, asked = ((TokenData)evaluation).Sequences;
        MostFrequentTag tagger = new(learned.Select(sentence => sentence.Words), learned.Select(sentence => sentence.Tags));
        IReadOnlyList<string>[] truth = [.. asked.Select(sentence => sentence.Tags)],
            tags = [.. asked.Select(sentence => tagger.Predict(sentence.Words))];
        double score = MarksEntities ? EntityScores.Of(truth, tags).Micro.F1 : TokenAccuracy.Of(truth, tags);
        return new Dictionary<string, double>(StringComparer.Ordinal) { ["most_frequent_tag"] = score };
    }

    /// <inheritdoc/>
    protected override long[]? ClassCounts(TaskData train)
    {
        Dictionary<string, int> counts = ((TokenData)train)
            .Sequences.SelectMany(sentence => sentence.Tags)
            .CountBy(tag => tag, StringComparer.Ordinal)
            .ToDictionary(StringComparer.Ordinal);
        return [.. Labels.Select(label => (long)counts.GetValueOrDefault(label))];
    }
}
