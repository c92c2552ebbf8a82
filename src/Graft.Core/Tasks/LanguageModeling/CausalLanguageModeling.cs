using System.Text;
using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;
using Graft.Generation;
using Graft.Reports;
using Graft.Tasks.SequenceClassification;
using Graft.Tasks.TextToText;
using Graft.Tokenizers;

namespace Graft.Tasks.LanguageModeling;

/// <summary>
/// The next token of the user's own texts (Radford et al. 2019). Long texts are read in overlapping windows in which every token counts once,
/// with the overlap before it as context; an end token follows each text. Evaluation measures perplexity; prediction writes on.
/// </summary>
public sealed record CausalLanguageModeling : FineTuningTask
{
    /// <inheritdoc/>
    public override string Name => "causal-lm";

    /// <inheritdoc/>
    public override bool CreditIsShare => false;

    /// <inheritdoc/>
    public override HeadKind Head => HeadKind.CausalLm;

    /// <inheritdoc/>
    public override string MainMetric => "perplexity";

    /// <inheritdoc/>
    public override bool LargerIsBetter => false;

    /// <inheritdoc/>
    public override FineTuningTask WithLabels(IReadOnlyList<string> labels) => this; // texts are no labels

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train) => this;

    /// <summary>Reads texts; where they are to be learned or measured, each is its own answer.</summary>
    /// <inheritdoc/>
    public override TaskData Read(string path, ColumnOptions columns, bool labelled)
    {
        LabelledTextFile file = LabelledTextReader.Read(path, columns with { RequireLabel = false });
        return new TextData(path, [.. file.Rows.Select(row => row with { Pair = null, Labels = labelled ? [row.Text] : [] })], file.BadRows)
        {
            Reading = file.Interpretation with { Pair = null, Label = null, LabelSyntax = null, Labels = new Dictionary<string, long>(StringComparer.Ordinal) },
        };
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
        long beyond = 0, tokens = 0;
        for (int example = 0; example < texts.Count; example++)
        {
            LabelledText row = texts.Rows[example];
            int[] ids = tokenizer.EncodeIds(row.Text);
            if (row.Labels.Count == 0)
            {
                features.Add(new Feature { Example = example, Ids = ids.Length > 0 ? ids : [tokenizer.EosId ?? 0], TypeIds = [] });
                continue;
            }

            if (tokenizer.EosId is int end) ids = [.. ids, end];
            tokens += ids.Length;
            if (ids.Length > options.MaxLength) longExamples++;
            beyond += Math.Max(0, ids.Length - options.MaxLength);
            features.AddRange(Windows(ids, example, options));
        }

        return new EncodedData(features, longExamples, beyond, tokens) { Tokenizer = tokenizer };
    }

    /// <inheritdoc/>
    public override double LossItems(Feature feature) => (feature.Target as TokensTarget)?.Classes.Skip(1).Count(label => label != TokensTarget.NotLearned) ?? 0;

    /// <inheritdoc/>
    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores)
    {
        TextData texts = (TextData)data;
        double[] sums = new double[texts.Count];
        int[] counts = new int[texts.Count];
        Prediction[] predictions = new Prediction[texts.Count];
        for (int f = 0; f < scores.Count; f++)
        {
            int example = encoded.Features[f].Example;
            if (scores[f].Written is { } written) predictions[example] = new TextPrediction(encoded.Tokenizer!.Decode([.. written]), written);
            foreach (float logProbability in scores[f].Values) sums[example] -= logProbability;
            counts[example] += scores[f].Values.Length;
        }

        for (int i = 0; i < predictions.Length; i++) predictions[i] ??= new LanguageModelPrediction(sums[i], counts[i], System.Text.Encoding.UTF8.GetByteCount(texts.Rows[i].Text));
        return predictions;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions)
    {
        LanguageModelPrediction[] texts = [.. predictions.Cast<LanguageModelPrediction>()];
        NamedScore Score(string name, Func<LanguageModelScores, double> part) => new(name, Bootstrap.Interval(
            texts.Length,
            positions =>
            {
                double sum = 0;
                long tokens = 0, bytes = 0;
                foreach (int i in positions) (sum, tokens, bytes) = (sum + texts[i].NegativeLogLikelihood, tokens + texts[i].Tokens, bytes + texts[i].Utf8Bytes);
                return part(LanguageModelScores.Of(sum, tokens, bytes));
            },
            seed: 0));
        return [Score("perplexity", scores => scores.Perplexity), Score("loss", scores => scores.Loss), Score("bits_per_byte", scores => scores.BitsPerByte)];
    }

    /// <summary>The mean log probability of a token.</summary>
    /// <inheritdoc/>
    public override double CreditOf(TaskData data, int example, Prediction prediction) =>
        prediction is LanguageModelPrediction { Tokens: > 0 } measured ? -measured.Scores.Loss : 0;

    /// <inheritdoc/>
    public override bool IsRight(TaskData data, int example, Prediction prediction) => true; // a text is more or less likely, not right or wrong

    /// <inheritdoc/>
    public override string TruthOf(TaskData data, int example) => "";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation) => new Dictionary<string, double>(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        IEnumerable<(LanguageModelPrediction Text, int Example)> surprising = predictions.Cast<LanguageModelPrediction>().Select((text, i) => (text, i)).Where(item => item.text.Tokens > 0)
            .OrderByDescending(item => item.text.Scores.Loss).Take(12);
        yield return new ReportSection("Texts that surprised most",
        [
            new ReportTable("The highest loss a token first", ["text", "perplexity", "tokens"],
                [.. surprising.Select(item => (IReadOnlyList<string>)[data.TextOf(item.Example), Format.Number(item.Text.Scores.Perplexity), Format.Count(item.Text.Tokens)])], NumericFrom: 1),
        ]);
    }

    /// <summary>Windows in which the overlap is read and not counted again.</summary>
    /// <example>ids 1 2 3 4 5 6, length 4, overlap 2 → 1 2 3 4, then 3 4 5 6 of which 5 and 6 count</example>
    private static IEnumerable<Feature> Windows(int[] ids, int example, EncodingOptions options)
    {
        int overlap = Math.Max(1, options.Stride ?? options.MaxLength / 4), start = 0;
        while (true)
        {
            int end = Math.Min(ids.Length, start + options.MaxLength);
            int[] window = ids[start..end];
            long[] targets = [.. window.Select((id, i) => start > 0 && i < overlap ? TokensTarget.NotLearned : id)];
            yield return new Feature { Example = example, Ids = window, TypeIds = new int[window.Length], Target = new TokensTarget(targets) };
            if (end == ids.Length || options.Truncate) yield break;
            start = end - overlap;
        }
    }
}
