using Graft.Evaluation;

namespace Graft.Tasks.LanguageModeling;

/// <content>What predictions are measured by.</content>
public sealed partial record CausalLanguageModeling
{
    /// <inheritdoc/>
    public override bool CreditIsShare => false;

    /// <inheritdoc/>
    public override string MainMetric => "perplexity";

    /// <inheritdoc/>
    public override bool LargerIsBetter => false;

    /// <inheritdoc/>
    public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions)
    {
        LanguageModelPrediction[] texts = [.. predictions.Cast<LanguageModelPrediction>()];
        NamedScore Score(string name, Func<LanguageModelScores, double> part) =>
            new(
                name,
                Bootstrap.Interval(
                    texts.Length,
                    positions =>
                    {
                        double sum = 0;
                        long tokens = 0,
                            bytes = 0;
                        foreach (int i in positions)
                            (sum, tokens, bytes) = (
                                sum + texts[i].NegativeLogLikelihood,
                                tokens + texts[i].Tokens,
                                bytes + texts[i].Utf8Bytes
                            );
                        return part(LanguageModelScores.Of(sum, tokens, bytes));
                    },
                    seed: 0
                )
            );
        return
        [
            Score("perplexity", scores => scores.Perplexity),
            Score("loss", scores => scores.Loss),
            Score("bits_per_byte", scores => scores.BitsPerByte),
        ];
    }

    /// <summary>The mean log probability of a token.</summary>
    /// <inheritdoc/>
    public override double CreditOf(TaskData data, int example, Prediction prediction) =>
        prediction is LanguageModelPrediction { Tokens: > 0 } measured ? -measured.Scores.Loss : 0;

    /// <inheritdoc/>
    // a text is more or less likely, not right or wrong
    public override bool IsRight(TaskData data, int example, Prediction prediction) => true;

    /// <inheritdoc/>
    public override string TruthOf(TaskData data, int example) => "";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation) =>
        new Dictionary<string, double>(StringComparer.Ordinal);
}
