using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tasks;

/// <summary>
/// Runs features through a model for evaluation and prediction: sorted by length, cut into batches by tokens, answered in the order they
/// came in. What a feature scores does not depend on its neighbours.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="collator">Makes tensors of features.</param>
/// <param name="tokensABatch">The most tokens that go through at once.</param>
internal sealed class Scorer(PretrainedModel model, Collator collator, int tokensABatch = 4096)
{
    /// <summary>The head's scores of each feature.</summary>
    public FeatureScores[] Score(IReadOnlyList<Feature> features, CancellationToken cancellation = default)
    {
        FeatureScores[] scores = new FeatureScores[features.Count];
        int[] order = [.. Enumerable.Range(0, features.Count).OrderByDescending(i => features[i].Ids.Length)];
        int start = 0;
        while (start < order.Length)
        {
            cancellation.ThrowIfCancellationRequested();
            int end = start + 1, longest = features[order[start]].Ids.Length;
            while (end < order.Length && (end - start + 1) * longest <= tokensABatch) end++;
            ScoreBatch(features, order.AsSpan(start, end - start), scores);
            start = end;
        }

        return scores;
    }

    private void ScoreBatch(IReadOnlyList<Feature> features, ReadOnlySpan<int> batch, FeatureScores[] scores)
    {
        using IDisposable noGradient = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        List<Feature> chosen = new(batch.Length);
        foreach (int i in batch) chosen.Add(features[i]);
        EncoderInput input = collator.Input(chosen);
        HeadOutput output = model.Forward(input).Scores!;
        Tensor values = output.StartLogits is null ? output.Logits! : stack([output.StartLogits, output.EndLogits!], -1);
        if (chosen[0].Choices is not null) values = values.view(chosen.Count, -1); // one row an example
        int columns = (int)values.shape[^1];
        float[] flat = [.. values.contiguous().data<float>()];

        // Scores of texts are [B, columns]; of tokens [tokens, columns] when packed, [B, T, columns] when padded.
        bool ofTokens = values.dim() == 3 || (input.IsPacked && values.shape[0] == input.InputIds.shape[0] && values.shape[0] != chosen.Count);
        int row = 0;
        for (int i = 0; i < chosen.Count; i++)
        {
            int rows = ofTokens ? chosen[i].Ids.Length : 1;
            scores[batch[i]] = new FeatureScores(flat.AsSpan(row * columns, rows * columns).ToArray(), columns);
            row += ofTokens && !input.IsPacked ? (int)values.shape[1] : rows;
        }
    }
}
