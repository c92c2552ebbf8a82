using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tasks;

/// <summary>
/// Runs features through a model for evaluation and prediction: sorted by length, cut into batches by tokens, answered in the order they
/// came in. What a feature scores does not depend on its neighbours.
/// </summary>
/// <param name="objective">What is kept of the model's scores.</param>
/// <param name="model">The model.</param>
/// <param name="collator">Makes tensors of features.</param>
/// <param name="tokensABatch">The most tokens that go through at once.</param>
internal sealed class TaskScorer(TaskObjective objective, PretrainedModel model, Collator collator, int tokensABatch = 4096)
{
    /// <summary>The scores of each feature.</summary>
    public FeatureScores[] Score(IReadOnlyList<Feature> features, CancellationToken cancellationToken = default) =>
        InBatches(features, batch => objective.Score(model, collator, batch), cancellationToken);

    /// <summary>The states of each feature's tokens: [tokens, D] of the last layer.</summary>
    public FeatureScores[] TokenStates(IReadOnlyList<Feature> features, CancellationToken cancellationToken = default) =>
        InBatches(
            features,
            batch =>
            {
                EncoderInput input = collator.Input(batch);
                return HeadScores.Cut(new HeadOutput { Logits = model.Backbone.Forward(input).LastHiddenState }, input, batch);
            },
            cancellationToken
        );

    private FeatureScores[] InBatches(
        IReadOnlyList<Feature> features,
        Func<Feature[], IReadOnlyList<FeatureScores>> score,
        CancellationToken cancellationToken
    )
    {
        FeatureScores[] scores = new FeatureScores[features.Count];
        foreach (int[] places in LengthBatches.Of(features, tokensABatch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using IDisposable noGradient = inference_mode();
            using DisposeScope scope = NewDisposeScope();
            IReadOnlyList<FeatureScores> batch = score([.. places.Select(i => features[i])]);
            for (int i = 0; i < batch.Count; i++) scores[places[i]] = batch[i];
        }

        return scores;
    }
}

/// <summary>
/// What a model itself makes of texts: the mean of the last layer's states, of length 1. Familiarity is a distance between these vectors.
/// </summary>
internal static class OwnVectors
{
    /// <summary>The vectors of features, [features, D].</summary>
    public static float[] Of(PretrainedModel model, IReadOnlyList<Feature> features, CancellationToken cancellationToken = default)
    {
        Collator collator = Collator.Of(BatchLayout.Packed, model);
        float[] vectors = [];
        foreach (int[] places in LengthBatches.Of(features))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using IDisposable noGradient = inference_mode();
            using ComputeScope computing = model.Enter();
            using DisposeScope scope = NewDisposeScope();
            EncoderInput input = collator.Input([.. places.Select(i => features[i])]);
            float[] rows = Rows(model, model.Backbone.Forward(input), input);
            int width = rows.Length / places.Length;
            if (vectors.Length == 0) vectors = new float[(long)features.Count * width];
            for (int i = 0; i < places.Length; i++) rows.AsSpan(i * width, width).CopyTo(vectors.AsSpan(places[i] * width, width));
        }

        return vectors;
    }

    /// <summary>Scores with the vectors of their features.</summary>
    public static IReadOnlyList<FeatureScores> Beside(
        IReadOnlyList<FeatureScores> scores,
        PretrainedModel model,
        BackboneOutput states,
        EncoderInput input
    )
    {
        float[] rows = Rows(model, states, input);
        int width = rows.Length / scores.Count;
        return [.. scores.Select((score, i) => score with { Vector = rows[(i * width)..((i + 1) * width)] })];
    }

    private static float[] Rows(PretrainedModel model, BackboneOutput states, EncoderInput input)
    {
        Tensor mean = EmbeddingPooling.Mean.Of(
            states.EncoderLastHiddenState ?? states.LastHiddenState,
            model.Backbone.Prompt.Lengthened(input)
        );
        return nn.functional.normalize(mean.to(ScalarType.Float32), dim: -1).ToSingles();
    }
}

/// <summary>The head's raw scores of features, cut out of the batch's tensor.</summary>
internal static class HeadScores
{
    /// <summary>One entry a feature: a row for the text or its choices, or a row for each token.</summary>
    public static IReadOnlyList<FeatureScores> Cut(HeadOutput output, EncoderInput input, IReadOnlyList<Feature> features) =>
        Cut(output.StartLogits is null ? output.Logits! : stack([output.StartLogits, output.EndLogits!], -1), input, features);

    /// <summary>Scores of texts are [B, columns]; of tokens [tokens, columns] when packed, [B, T, columns] when padded.</summary>
    private static IReadOnlyList<FeatureScores> Cut(Tensor values, EncoderInput input, IReadOnlyList<Feature> features)
    {
        int columns = (int)values.shape[^1];
        float[] flat = values.ToSingles();
        bool ofTokens =
            values.dim() == 3 || (input.IsPacked && values.shape[0] == input.InputIds.shape[0] && values.shape[0] != features.Count);
        FeatureScores[] scores = new FeatureScores[features.Count];
        int row = ofTokens && !input.IsPacked ? (int)(values.shape[1] - input.InputIds.shape[1]) : 0; // past the virtual tokens of a prompt
        for (int i = 0; i < scores.Length; i++)
        {
            int rows = ofTokens ? features[i].Ids.Length : 1;
            scores[i] = new FeatureScores(flat.AsSpan(row * columns, rows * columns).ToArray(), columns);
            row += ofTokens && !input.IsPacked ? (int)values.shape[1] : rows;
        }

        return scores;
    }
}
