using Graft.Inference;
using Graft.Tasks;
using Graft.Torch.Compute;

namespace Graft.Serving.Queue;

/// <summary>
/// What scores a batch of features on the compute thread. Features of one engine may share a batch, whichever lane (adapter) they are for.
/// </summary>
internal abstract class FeatureEngine
{
    private const float Rounding = 1e-5f; // of scores before softmax, which are some ten times the probabilities' digits

    /// <summary>The scores of features, in their order.</summary>
    public abstract FeatureScores[] Score(IReadOnlyList<(int Lane, Feature Feature)> batch);

    /// <summary>
    /// Whether a text's scores are the same whatever shares its batch, as far as they must be; else every text is a batch of its own.
    /// </summary>
    public bool SharesBatches { get; private set; } = true;

    /// <summary>
    /// Sees whether features may share batches, and scores a batch that is full, on the compute thread: memory is then as large as it gets.
    /// </summary>
    /// <param name="features">Features of several lengths.</param>
    /// <param name="options">What an answer must hold, and the tokens of a batch.</param>
    public void WarmUp(IReadOnlyList<(int Lane, Feature Feature)> features, ServingOptions options)
    {
        Compare(features, options.SameBits ? 0 : Rounding);
        if (!SharesBatches) return;
        int tokens = features.Sum(entry => entry.Feature.Ids.Length);
        Score([.. Enumerable.Repeat(features, Math.Max(1, options.MaxBatchTokens / tokens)).SelectMany(some => some)]);
    }

    /// <summary>
    /// Scores features together and each alone, on the compute thread: where one differs, <see cref="SharesBatches"/> is over.
    /// </summary>
    /// <param name="features">Features of several lengths.</param>
    /// <param name="tolerance">How far a score may be off, relative to it where it is greater than 1; 0 for the same bits.</param>
    public void Compare(IReadOnlyList<(int Lane, Feature Feature)> features, float tolerance)
    {
        FeatureScores[] together = Score(features);
        for (int i = 0; i < together.Length && SharesBatches; i++)
        {
            float[] alone = Score([features[i]])[0].Values, beside = together[i].Values;
            for (int at = 0; at < alone.Length; at++)
            {
                float allowed = tolerance * Math.Max(1, Math.Abs(alone[at]));
                bool isSame = tolerance == 0 ? alone[at].Equals(beside[at]) : Math.Abs(alone[at] - beside[at]) <= allowed;
                SharesBatches &= isSame;
            }
        }
    }
}

/// <summary>A model that scores alone.</summary>
internal sealed class ScorerEngine(IScorer scorer) : FeatureEngine
{
    public override FeatureScores[] Score(IReadOnlyList<(int Lane, Feature Feature)> batch) =>
        scorer.Score([.. batch.Select(entry => entry.Feature)]);
}

/// <summary>Many adapters on one backbone: features for different adapters go through together.</summary>
internal sealed class AdapterEngine(AdapterServer adapters, bool sameBits) : FeatureEngine
{
    private readonly ComputeContext _compute = new() { IndependentRows = sameBits };

    public override FeatureScores[] Score(IReadOnlyList<(int Lane, Feature Feature)> batch)
    {
        using ComputeScope computing = _compute.Enter();
        return adapters.Score(batch);
    }
}

/// <summary>A model of vectors: of texts, or of their tokens.</summary>
internal sealed class VectorEngine(IScorer scorer) : FeatureEngine
{
    /// <summary>The lane of features of which the text's vector is wanted, and that of those whose tokens' are.</summary>
    public const int OfTexts = 0, OfTokens = 1;

    public override FeatureScores[] Score(IReadOnlyList<(int Lane, Feature Feature)> batch)
    {
        FeatureScores[] scores = new FeatureScores[batch.Count];
        foreach (int lane in (int[])[OfTexts, OfTokens])
        {
            int[] places = [.. Enumerable.Range(0, batch.Count).Where(i => batch[i].Lane == lane)];
            if (places.Length == 0) continue;
            Feature[] features = [.. places.Select(place => batch[place].Feature)];
            FeatureScores[] found = lane == OfTexts ? scorer.Score(features) : scorer.TokenStates(features);
            for (int i = 0; i < places.Length; i++) scores[places[i]] = found[i];
        }

        return scores;
    }
}
