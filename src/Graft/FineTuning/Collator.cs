using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Torch.Dropout;
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

/// <summary>
/// Makes a batch's tensors of features: [7, 8] and [9] → packed ids [7, 8, 9] with boundaries [0, 2, 3], or padded ids [[7, 8], [9, 0]]
/// with a mask.
/// </summary>
/// <param name="Layout">How features lie side by side.</param>
/// <param name="PadTokenId">What padded rows are filled with.</param>
public sealed record Collator(BatchLayout Layout, int PadTokenId)
{
    /// <summary>Virtual tokens that the model puts before every padded row; dropout needs to know of them.</summary>
    public int AddedTokens { get; init; }

    /// <summary>What the text that a model writes begins with; 0 where nothing is written.</summary>
    public int DecoderStartTokenId { get; init; }

    /// <summary>Whether the model is given the tokenizer's segments.</summary>
    /// <value>True; false for models that read none (<see cref="Backbones.Backbone.ReadsSegments"/>).</value>
    public bool WithSegments { get; init; } = true;

    /// <summary>The collator of a model: with a prompt before its texts they lie in padded rows.</summary>
    /// <param name="layout">How the task would have them.</param>
    /// <param name="model">The model, with or without an adapter.</param>
    public static Collator Of(BatchLayout layout, PretrainedModel model) =>
        new(model.Adapter?.Strategy.NeedsPaddedBatches == true ? BatchLayout.Padded : layout, model.Config.PadTokenId ?? 0)
        {
            AddedTokens = model.Adapter?.Strategy.AddedTokens ?? 0,
            DecoderStartTokenId = model.Config.DecoderStartTokenId ?? 0,
            WithSegments = model.Backbone.ReadsSegments,
        };

    /// <summary>The model's input for a batch.</summary>
    /// <param name="features">The batch.</param>
    /// <param name="dropoutSeed">The update's seed; null in evaluation.</param>
    /// <param name="firstSequence">The place of the first feature in the optimizer batch: dropout masks depend on it and not on how the
    /// batch is cut.</param>
    public EncoderInput Input(IReadOnlyList<Feature> features, ulong? dropoutSeed = null, int firstSequence = 0) =>
        NumberedInput(features, dropoutSeed, SequenceNumbers(features, firstSequence));

    /// <summary>The same where sequences have other numbers in the optimizer batch than their order says.</summary>
    internal EncoderInput NumberedInput(IReadOnlyList<Feature> features, ulong? dropoutSeed, long[] sequences)
    {
        if (Layout == BatchLayout.Padded) return PaddedInput(features, dropoutSeed, sequences);
        int[] lengths = [.. features.SelectMany(feature => feature.SequenceLengths)];
        return Packed(Joined(features, feature => feature.Ids), lengths, sequences, dropoutSeed) with
        {
            TokenTypeIds = WithSegments ? tensor(Joined(features, feature => feature.TypeIds)) : null,
        };
    }

    /// <summary>
    /// What the decoder reads: the text to be written, one place to the right, so that every token is predicted from those before it.
    /// </summary>
    /// <inheritdoc cref="Input"/>
    public EncoderInput DecoderInput(IReadOnlyList<Feature> features, ulong? dropoutSeed = null, int firstSequence = 0)
    {
        int[][] texts = [.. features.Select(feature => (int[])[DecoderStartTokenId, .. Text(feature).AsSpan(0, Text(feature).Length - 1)])];
        long[] sequences = SequenceNumbers(features, firstSequence);
        return Layout == BatchLayout.Padded
            ? Padded(texts, sequences, 0, dropoutSeed)
            : Packed(
                [.. texts.SelectMany(text => text).Select(id => (long)id)],
                [.. texts.Select(text => text.Length)],
                sequences,
                dropoutSeed
            );
    }

    /// <summary>Classes of texts, int64 [B].</summary>
    public static Tensor Classes(IReadOnlyList<Feature> features) =>
        tensor((long[])[.. features.Select(feature => (long)((ClassTarget)feature.Target!).Class)]);

    /// <summary>Classes of tokens laid as the tokens lie, int64 [tokens] or [B, T] with −100 where a row is filled up.</summary>
    public Tensor TokenClasses(IReadOnlyList<Feature> features) =>
        Layout == BatchLayout.Packed
            ? tensor((long[])[.. features.SelectMany(feature => ((TokensTarget)feature.Target!).Classes)])
            : Rows(
                [.. features.Select(feature => (int[])[.. ((TokensTarget)feature.Target!).Classes.Select(label => (int)label)])],
                TokensTarget.NotLearned
            );

    /// <summary>
    /// The ids to be written laid as the decoder's tokens lie, int64 [tokens] or [B, T] with −100 where a row is filled up.
    /// </summary>
    public Tensor Written(IReadOnlyList<Feature> features) => Layout == BatchLayout.Packed
        ? tensor((long[])[.. features.SelectMany(Text).Select(id => (long)id)])
        : Rows([.. features.Select(Text)], TokensTarget.NotLearned);

    /// <summary>The mean over the windows of each part, [parts, columns]: a part in one window keeps its row.</summary>
    /// <param name="rows">[sequences, columns].</param>
    /// <param name="features">The batch.</param>
    internal static Tensor PartMeans(Tensor rows, IReadOnlyList<Feature> features)
    {
        int[] windows = [.. features.SelectMany(feature => feature.WindowsOfParts)];
        if (Array.TrueForAll(windows, count => count == 1)) return rows;
        long[] partOf = [.. windows.SelectMany((count, part) => Enumerable.Repeat((long)part, count))];
        Tensor sums = zeros([windows.Length, rows.shape[1]]).index_add(0, tensor(partOf), rows, 1);
        return sums / tensor((float[])[.. windows.Select(count => (float)count)]).unsqueeze(1);
    }

    private EncoderInput PaddedInput(IReadOnlyList<Feature> features, ulong? dropoutSeed, long[] sequences)
    {
        int[][] ids = Cut(features, feature => feature.Ids);
        return Padded(ids, sequences, AddedTokens, dropoutSeed) with
        {
            TokenTypeIds = WithSegments ? Rows(Cut(features, feature => feature.TypeIds), 0) : null,
        };
    }

    private EncoderInput Padded(int[][] rows, long[] sequences, int addedTokens, ulong? dropoutSeed) => new()
    {
        InputIds = Rows(rows, PadTokenId),
        AttentionMask = Rows([.. rows.Select(row => Ones(row.Length))], 0),
        Dropout = dropoutSeed is ulong key ? DropoutPlan.Padded(key, sequences, rows.Max(row => row.Length) + addedTokens) : null,
    };

    /// <summary>A number for every sequence of the optimizer batch: dropout masks depend on it.</summary>
    private static long[] SequenceNumbers(IReadOnlyList<Feature> features, int first) =>
        [
            .. features.SelectMany(
                (feature, i) => Enumerable.Range(0, feature.SequenceLengths.Count).Select(choice => ((long)choice << 32) + first + i)
            ),
        ];

    private static int[] Text(Feature feature) => ((WrittenTarget)feature.Target!).Ids;

    /// <summary>The sequences of all features: choices stand one after the other in a feature's ids.</summary>
    private static int[][] Cut(IReadOnlyList<Feature> features, Func<Feature, int[]> values)
    {
        List<int[]> rows = [];
        foreach (Feature feature in features)
        {
            int[] all = values(feature);
            int start = 0;
            foreach (int length in feature.SequenceLengths) rows.Add(all[start..(start += length)]);
        }

        return [.. rows];
    }

    private static EncoderInput Packed(long[] ids, int[] lengths, long[] sequences, ulong? dropoutSeed)
    {
        int[] boundaries = new int[lengths.Length + 1];
        for (int i = 0; i < lengths.Length; i++) boundaries[i + 1] = boundaries[i] + lengths[i];
        return new EncoderInput
        {
            InputIds = tensor(ids),
            Boundaries = boundaries,
            Dropout = dropoutSeed is ulong seed ? DropoutPlan.Packed(seed, sequences, lengths) : null,
        };
    }

    private static long[] Joined(IReadOnlyList<Feature> features, Func<Feature, int[]> values) =>
        [.. features.SelectMany(feature => values(feature).Select(id => (long)id))];

    private static Tensor Rows(int[][] rows, long fill)
    {
        int longest = rows.Max(row => row.Length);
        long[] values = new long[rows.Length * longest];
        if (fill != 0) Array.Fill(values, fill);
        for (int row = 0; row < rows.Length; row++)
        {
            for (int column = 0; column < rows[row].Length; column++) values[(row * longest) + column] = rows[row][column];
        }

        return tensor(values, [rows.Length, longest]);
    }

    private static int[] Ones(int length)
    {
        int[] ones = new int[length];
        Array.Fill(ones, 1);
        return ones;
    }
}
