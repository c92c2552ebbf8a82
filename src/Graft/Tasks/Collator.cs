using Graft.Heads;
using Graft.Layers;
using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tasks;

/// <summary>How the features of a batch lie side by side.</summary>
public enum BatchLayout
{
    /// <summary>One after the other, without padding: nothing is computed for tokens that are not there.</summary>
    Packed,

    /// <summary>As rows of the longest one's length; for heads that compare the tokens of a row with each other.</summary>
    Padded,
}

/// <summary>Makes a batch's tensors of features: [7, 8] and [9] → packed ids [7, 8, 9] with boundaries [0, 2, 3], or padded ids [[7, 8], [9, 0]] with a mask.</summary>
/// <param name="Layout">How features lie side by side.</param>
/// <param name="PadTokenId">What padded rows are filled with.</param>
public sealed record Collator(BatchLayout Layout, int PadTokenId)
{
    /// <summary>Virtual tokens that the model puts before every padded row; dropout needs to know of them.</summary>
    public int AddedTokens { get; init; }

    /// <summary>The model's input for a batch.</summary>
    /// <param name="features">The batch.</param>
    /// <param name="dropoutSeed">The update's seed; null in evaluation.</param>
    /// <param name="firstSequence">The place of the first feature in the optimizer batch: dropout masks depend on it and not on how the batch is cut.</param>
    public EncoderInput Input(IReadOnlyList<Feature> features, ulong? dropoutSeed = null, int firstSequence = 0)
    {
        int[] lengths = [.. features.SelectMany(feature => feature.Choices ?? [feature.Ids.Length])];
        long[] sequences = [.. features.SelectMany((feature, i) => Enumerable.Range(0, feature.Choices?.Length ?? 1).Select(choice => ((long)choice << 32) + firstSequence + i))];
        if (Layout == BatchLayout.Packed)
        {
            int[] boundaries = new int[lengths.Length + 1];
            for (int i = 0; i < lengths.Length; i++) boundaries[i + 1] = boundaries[i] + lengths[i];
            return new EncoderInput
            {
                InputIds = tensor(Joined(features, feature => feature.Ids)),
                TokenTypeIds = tensor(Joined(features, feature => feature.TypeIds)),
                Boundaries = boundaries,
                Dropout = dropoutSeed is ulong seed ? DropoutPlan.Packed(seed, sequences, lengths) : null,
            };
        }

        int longest = lengths.Max();
        return new EncoderInput
        {
            InputIds = Rows(features, longest, PadTokenId, feature => feature.Ids),
            TokenTypeIds = Rows(features, longest, 0, feature => feature.TypeIds),
            AttentionMask = Rows(features, longest, 0, feature => Ones(feature.Ids.Length)),
            Dropout = dropoutSeed is ulong key ? DropoutPlan.Padded(key, sequences, longest + AddedTokens) : null,
        };
    }

    /// <summary>What the head is measured against.</summary>
    public Targets Targets(IReadOnlyList<Feature> features)
    {
        FeatureTarget first = features[0].Target;
        if (first.Class is not null) return new Targets { Labels = tensor((long[])[.. features.Select(feature => feature.Target.Class!.Value)]) };
        if (first.Values is { } values)
        {
            Tensor flat = tensor((float[])[.. features.SelectMany(feature => feature.Target.Values!)]);
            return new Targets { Labels = values.Length == 1 ? flat : flat.view(features.Count, values.Length) };
        }

        if (first.Span is not null)
        {
            return new Targets
            {
                StartPositions = tensor((long[])[.. features.Select(feature => (long)feature.Target.Span!.Value.Start)]),
                EndPositions = tensor((long[])[.. features.Select(feature => (long)feature.Target.Span!.Value.End)]),
            };
        }

        if (Layout == BatchLayout.Packed) return new Targets { Labels = tensor((long[])[.. features.SelectMany(feature => feature.Target.Tokens!)]) };
        int longest = features.Max(feature => feature.Ids.Length);
        long[] padded = [.. features.SelectMany(feature => feature.Target.Tokens!.Concat(Enumerable.Repeat(-100L, longest - feature.Ids.Length)))];
        return new Targets { Labels = tensor(padded, [features.Count, longest]) };
    }

    private static long[] Joined(IReadOnlyList<Feature> features, Func<Feature, int[]> values) => [.. features.SelectMany(feature => values(feature).Select(id => (long)id))];

    private static Tensor Rows(IReadOnlyList<Feature> features, int longest, long fill, Func<Feature, int[]> values)
    {
        long[] rows = new long[features.Count * longest];
        if (fill != 0) Array.Fill(rows, fill);
        for (int row = 0; row < features.Count; row++)
        {
            int[] source = values(features[row]);
            for (int column = 0; column < source.Length; column++) rows[(row * longest) + column] = source[column];
        }

        return tensor(rows, [features.Count, longest]);
    }

    private static int[] Ones(int length)
    {
        int[] ones = new int[length];
        Array.Fill(ones, 1);
        return ones;
    }
}
