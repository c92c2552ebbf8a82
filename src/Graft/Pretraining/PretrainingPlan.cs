using System.Globalization;

namespace Graft.Pretraining;

/// <summary>What a run is going to cost, printed at every start and by <c>--dry-run</c>.</summary>
/// <param name="Parameters">The model's parameters, tied ones once.</param>
/// <param name="CorpusTokens">Tokens of the training text.</param>
/// <param name="SequencesPerEpoch">Sequences in a pass over it.</param>
/// <param name="TokensPerUpdate">Tokens of an optimizer batch.</param>
/// <param name="Updates">Updates; null where a clock bounds the run and nothing was measured.</param>
/// <param name="Seconds">Expected time; null where nothing was measured.</param>
/// <param name="MemoryBytes">Weights, gradients, moments and average, without activations.</param>
/// <param name="FlopsPerToken">Training cost of a token.</param>
internal sealed record PretrainingPlan(
    long Parameters,
    long CorpusTokens,
    long SequencesPerEpoch,
    long TokensPerUpdate,
    long? Updates,
    double? Seconds,
    long MemoryBytes,
    double FlopsPerToken
)
{
    /// <summary>For people, a line each.</summary>
    public IEnumerable<string> Lines()
    {
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"model      {Parameters:N0} parameters, {MemoryBytes / 1e6:F0} MB with gradients and moments, {FlopsPerToken / 1e6:F1} "
                + $"MFLOP a token"
        );
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"corpus     {CorpusTokens:N0} tokens, {SequencesPerEpoch:N0} sequences a pass"
        );
        yield return Updates is long updates
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"run        {updates:N0} updates of {TokensPerUpdate:N0} tokens = {updates * TokensPerUpdate:N0} tokens, "
                    + $"{(double)updates * TokensPerUpdate / Math.Max(1, CorpusTokens):F2} passes"
            )
            : string.Create(CultureInfo.InvariantCulture, $"run        updates of {TokensPerUpdate:N0} tokens until the time is up");
        if (Seconds is double seconds)
            yield return string.Create(CultureInfo.InvariantCulture, $"time       about {seconds / 3600:F2} hours");
    }
}
