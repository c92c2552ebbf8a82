using Graft.Inference;
using Graft.Tasks;

namespace Graft.Serving.Queue;

/// <summary>
/// What scores a batch of features on the compute thread. Features of one engine may share a batch, whichever lane (adapter) they are for.
/// </summary>
internal abstract class FeatureEngine
{
    /// <summary>The scores of features, in their order.</summary>
    public abstract FeatureScores[] Score(IReadOnlyList<(int Lane, Feature Feature)> batch);
}

/// <summary>A model that scores alone.</summary>
internal sealed class ScorerEngine(IScorer scorer) : FeatureEngine
{
    public override FeatureScores[] Score(IReadOnlyList<(int Lane, Feature Feature)> batch) =>
        scorer.Score([.. batch.Select(entry => entry.Feature)]);
}

/// <summary>Many adapters on one backbone: features for different adapters go through together.</summary>
internal sealed class AdapterEngine(AdapterServer adapters) : FeatureEngine
{
    public override FeatureScores[] Score(IReadOnlyList<(int Lane, Feature Feature)> batch) => adapters.Score(batch);
}
