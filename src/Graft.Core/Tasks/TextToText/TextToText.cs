using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;
using Graft.Generation;
using Graft.Reports;
using Graft.Tasks.SequenceClassification;
using Graft.Tokenizers;

namespace Graft.Tasks.TextToText;

/// <summary>
/// A text for a text (Raffel et al. 2020, §2.4): the encoder reads one, the decoder learns to write the other; evaluation generates. T5 has no
/// table of positions, so a longer --max-length reads longer texts; what lies beyond it is cut and counted.
/// </summary>
public sealed record TextToText : FineTuningTask
{
    /// <inheritdoc/>
    public override string Name => "text-to-text";

    /// <inheritdoc/>
    public override HeadKind Head => HeadKind.SequenceToSequence;

    /// <inheritdoc/>
    public override string MainMetric => "rouge_l";

    /// <inheritdoc/>
    public override FineTuningTask WithLabels(IReadOnlyList<string> labels) => this; // texts are no labels

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train) => this;

    /// <inheritdoc/>
    public override TaskData Read(string path, ColumnOptions columns, bool labelled)
    {
        LabelledTextFile file = LabelledTextReader.Read(path, columns with { RequireLabel = labelled, Answer = AnswerKind.Text });
        return new TextData(path, labelled ? file.Rows : [.. file.Rows.Select(row => row with { Labels = [] })], file.BadRows) { Reading = file.Interpretation };
    }

    /// <inheritdoc/>
    public override IEnumerable<TaskData> Stream(string path, ColumnOptions columns, int examples, Action<BadRow> onBadRow) =>
        TextData.Stream(path, columns, examples, onBadRow);

    /// <inheritdoc/>
    public override TaskData FromTexts(IReadOnlyList<(string Text, string? Pair)> texts) => TextData.Of(texts);

    /// <inheritdoc/>
    public override EncodedData Encode(TaskData data, Tokenizer tokenizer, EncodingOptions options)
    {
        options.Validate();
        TextData texts = (TextData)data;
        List<Feature> features = [];
        int longExamples = 0;
        long beyond = 0, tokens = 0, asked = 0, cut = 0;
        for (int example = 0; example < texts.Count; example++)
        {
            LabelledText row = texts.Rows[example];
            TokenizedText source = tokenizer.Encode(row.Text, row.Pair, new EncodeOptions { MaxLength = options.MaxLength });
            int whole = source.Overflow.Count == 0 ? source.Length : tokenizer.Encode(row.Text, row.Pair).Length;
            int[]? target = row.Label is string text ? Target(text, tokenizer) : null;
            if (target is not null)
            {
                asked += target.Length;
                cut += Math.Max(0, target.Length - Generation.MaxNewTokens);
            }

            if (whole > source.Length) longExamples++;
            beyond += whole - source.Length;
            tokens += whole;
            features.Add(new Feature
            {
                Example = example,
                Ids = source.Ids,
                TypeIds = source.TypeIds,
                Target = target is null ? null : new WrittenTarget(target.Length <= Generation.MaxNewTokens ? target : target[..Generation.MaxNewTokens]),
            });
        }

        return new EncodedData(features, longExamples, beyond, tokens) { Losses = asked > 0 ? [new BeyondLimit("target tokens", asked, cut)] : [], Tokenizer = tokenizer, IsCut = true };
    }

    /// <inheritdoc/>
    public override double LossItems(Feature feature) => (feature.Target as WrittenTarget)?.Ids.Length ?? 0;

    /// <inheritdoc/>
    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores) =>
        [.. scores.Select(score => new TextPrediction(
            encoded.Tokenizer!.Decode([.. score.Written!]).Trim(), score.Written!, score.Values.Length == 0 ? null : score.Values.Sum(value => (double)value), score.Values.Length))];

    /// <inheritdoc/>
    public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions)
    {
        Rouge rouge = new();
        (string Written, string Expected)[] texts = [.. predictions.Select((prediction, i) => (prediction.Answer, TruthOf(data, i)))];
        NamedScore Mean(string name, Func<(string Written, string Expected), double> score) => new(name, Bootstrap.Mean([.. texts.Select(score)], seed: 0));
        return
        [
            Mean("rouge_l", pair => rouge.L(pair.Written, pair.Expected).F1),
            Mean("rouge_1", pair => rouge.N(pair.Written, pair.Expected, 1).F1),
            Mean("rouge_2", pair => rouge.N(pair.Written, pair.Expected, 2).F1),
            Mean("exact_match", pair => pair.Written == pair.Expected ? 1 : 0),
            new NamedScore("loss", Bootstrap.Interval(predictions.Count, positions => Loss([.. positions.ToArray().Select(i => (TextPrediction)predictions[i])]), seed: 0)),
        ];

        static double Loss(TextPrediction[] written) => -written.Sum(text => text.ExpectedLogProbability ?? double.NaN) / written.Sum(text => text.ExpectedTokens);
    }

    /// <inheritdoc/>
    public override double CreditOf(TaskData data, int example, Prediction prediction) => new Rouge().L(prediction.Answer, TruthOf(data, example)).F1;

    /// <inheritdoc/>
    public override string TruthOf(TaskData data, int example) => ((TextData)data).Rows[example].Label ?? "";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation)
    {
        Rouge rouge = new();
        return new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["copy_the_source"] = ((TextData)evaluation).Rows.Average(row => rouge.L(row.Text, row.Label!).F1),
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        (double Credit, int Example)[] worst = [.. predictions.Select((prediction, i) => (Credit: CreditOf(data, i, prediction), Example: i)).Where(item => item.Credit < 1).OrderBy(item => item.Credit).Take(15)];
        if (worst.Length == 0) yield break;
        yield return new ReportSection("Texts written worst",
        [
            new ReportTable("The lowest ROUGE-L first", ["source", "expected", "written", "ROUGE-L"],
                [.. worst.Select(item => (IReadOnlyList<string>)[data.TextOf(item.Example), TruthOf(data, item.Example), predictions[item.Example].Answer, Format.Percent(item.Credit)])], NumericFrom: 3),
        ]);
    }

    private static int[] Target(string text, Tokenizer tokenizer)
    {
        int[] ids = tokenizer.EncodeIds(text);
        return tokenizer.EosId is int end && (ids.Length == 0 || ids[^1] != end) ? [.. ids, end] : ids;
    }
}
