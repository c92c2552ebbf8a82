using Graft.Backbones;
using Graft.Data;
using Graft.Tokenizers;

namespace Graft.Tasks.SequenceClassification;

/// <summary>
/// What tasks about whole texts share: reading texts and pairs, cutting long ones into windows, and pooling the windows' scores by their
/// mean. A pair is a second text column.
/// </summary>
public abstract record SequenceTask : FineTuningTask
{
    /// <inheritdoc/>
    public override string Head => HeadKinds.SequenceClassification;

    /// <summary>Whether a row may carry several labels.</summary>
    private protected virtual bool IsMultiLabel => false;

    /// <summary>What the answers are.</summary>
    private protected virtual AnswerKind Answer => AnswerKind.Class;

    /// <summary>Whether a file without a second text column is refused.</summary>
    public bool RequiresPair { get; init; }

    /// <inheritdoc/>
    public override TaskData Read(string path, ColumnOptions columns, bool labelled)
    {
        LabelledTextFile file = LabelledTextReader.Read(
            path,
            columns with
            {
                RequireLabel = labelled,
                MultiLabel = IsMultiLabel,
                RequirePair = RequiresPair,
                Answer = Answer,
            }
        );
        return new TextData(path, file.Rows, file.BadRows) { Reading = file.Interpretation };
    }

    /// <inheritdoc/>
    public override IEnumerable<TaskData> Stream(string path, ColumnOptions columns, int examples, Action<BadRow> onBadRow) =>
        TextData.Stream(path, columns with { RequirePair = RequiresPair }, examples, onBadRow);

    /// <inheritdoc/>
    public override TaskData FromTexts(IReadOnlyList<(string Text, string? Pair)> texts) => TextData.Of(texts);

    /// <inheritdoc/>
    public override EncodedData Encode(TaskData data, Tokenizer tokenizer, EncodingOptions options)
    {
        options.Validate();
        TextData texts = (TextData)data;
        List<Feature> features = [];
        int longExamples = 0;
        long beyond = 0, tokens = 0;
        for (int example = 0; example < texts.Count; example++)
        {
            LabelledText row = texts.Rows[example];
            FeatureTarget? target = row.Labels.Count == 0 && !IsMultiLabel ? null : Target(row, texts.PlaceOf(example));
            IReadOnlyList<TokenizedText> windows = PairWindows.Of(tokenizer, row.Text, row.Pair, options, out int whole);
            features.AddRange(
                windows.Select(window => new Feature
                {
                    Example = example,
                    Ids = window.Ids,
                    TypeIds = window.TypeIds,
                    Target = target,
                })
            );
            tokens += whole;
            beyond += Math.Max(0, whole - options.MaxLength);
            if (whole > options.MaxLength) longExamples++;
        }

        return new EncodedData(features, longExamples, beyond, tokens);
    }

    /// <inheritdoc/>
    public override string TruthOf(TaskData data, int example) => string.Join('|', ((TextData)data).Rows[example].Labels);

    /// <summary>What a row's features are trained towards.</summary>
    private protected abstract FeatureTarget Target(LabelledText row, string place);

    /// <summary>Texts and their pairs, for the baselines.</summary>
    private protected static (string Text, string? Pair)[] Texts(TaskData data) =>
        [.. ((TextData)data).Rows.Select(row => (row.Text, row.Pair))];

    /// <summary>The mean of each example's window scores, [examples][columns].</summary>
    private protected static double[][] Pooled(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores)
    {
        double[][] pooled = new double[data.Count][];
        int[] windows = new int[data.Count];
        for (int i = 0; i < scores.Count; i++)
        {
            int example = encoded.Features[i].Example;
            double[] sum = pooled[example] ??= new double[scores[i].Columns];
            for (int column = 0; column < sum.Length; column++) sum[column] += scores[i].Values[column];
            windows[example]++;
        }

        for (int example = 0; example < pooled.Length; example++)
        {
            for (int column = 0; column < pooled[example].Length; column++) pooled[example][column] /= windows[example];
        }

        return pooled;
    }
}
