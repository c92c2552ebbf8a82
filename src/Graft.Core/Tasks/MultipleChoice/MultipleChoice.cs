using System.Globalization;
using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;
using Graft.Reports;
using Graft.Tokenizers;

namespace Graft.Tasks.MultipleChoice;

/// <summary>Prompts with choices.</summary>
public sealed record ChoiceData(string Path, IReadOnlyList<MultipleChoiceExample> Examples, IReadOnlyList<BadRow> BadRows) : TaskData(Path, BadRows)
{
    /// <inheritdoc/>
    public override int Count => Examples.Count;

    /// <inheritdoc/>
    public override string TextOf(int example) => $"{Examples[example].Prompt} {Examples[example].Question}".TrimEnd();

    /// <inheritdoc/>
    public override string PlaceOf(int example) => $"{Path} line {Examples[example].Line}";

    /// <inheritdoc/>
    public override long RowOf(int example) => Examples[example].Row;

    /// <inheritdoc/>
    public override string? IdOf(int example) => Examples[example].Id;

    /// <inheritdoc/>
    public override TaskData Take(IReadOnlyList<int> examples) => this with { Examples = [.. examples.Select(i => Examples[i])] };
}

/// <summary>The choice a model takes.</summary>
/// <param name="Choice">Its index, from 0.</param>
/// <param name="Text">Its text.</param>
/// <param name="Probabilities">The softmax over the choices.</param>
public sealed record ChoicePrediction(int Choice, string Text, double[] Probabilities) : Prediction
{
    /// <inheritdoc/>
    public override string Answer => Choice.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override JsonNode? Details => ToJson();

    /// <inheritdoc/>
    public override double? Confidence => Probabilities[Choice];

    /// <inheritdoc/>
    public override JsonObject ToJson() => new()
    {
        ["choice"] = Choice,
        ["choice_text"] = Text,
        ["probabilities"] = new JsonArray([.. Probabilities.Select(probability => (JsonNode?)Math.Round(probability, 6))]),
    };
}

/// <summary>
/// One of several continuations (Devlin et al. 2019, §4.4): each choice goes through the model with the prompt, one score each, softmax over
/// the choices of an example.
/// </summary>
public sealed record MultipleChoice : FineTuningTask
{
    private const int MostMistakes = 15;

    /// <inheritdoc/>
    public override string Name => "multiple-choice";

    /// <inheritdoc/>
    public override HeadKind Head => HeadKind.MultipleChoice;

    /// <inheritdoc/>
    public override string MainMetric => "accuracy";

    /// <inheritdoc/>
    public override FineTuningTask WithLabels(IReadOnlyList<string> labels) => this; // choices have no names

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train) => this;

    /// <inheritdoc/>
    public override TaskData Read(string path, ColumnOptions columns, bool labelled)
    {
        MultipleChoiceFile file = MultipleChoiceReader.Read(path, labelled, columns);
        return new ChoiceData(path, file.Examples, file.BadRows) { Reading = file.Interpretation };
    }

    /// <inheritdoc/>
    public override IEnumerable<TaskData> Stream(string path, ColumnOptions columns, int examples, Action<BadRow> onBadRow) =>
        TaskData.Parts(
            (file, options, onBad, onRead) => MultipleChoiceReader.Stream(file, onBad, options, onRead), path, columns, examples, onBadRow,
            (part, read) => new ChoiceData(path, part, []) { Reading = read });

    /// <inheritdoc/>
    public override TaskData FromTexts(IReadOnlyList<(string Text, string? Pair)> texts) =>
        throw new InputException("multiple choice needs prompts with their choices: give them as a file (--input)");

    /// <inheritdoc/>
    public override string TruthOf(TaskData data, int example) => ((ChoiceData)data).Examples[example].Label.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override EncodedData Encode(TaskData data, Tokenizer tokenizer, EncodingOptions options)
    {
        options.Validate();
        ChoiceData examples = (ChoiceData)data;
        List<Feature> features = [];
        int longExamples = 0, choices = examples.Examples[0].Choices.Count;
        long beyond = 0, tokens = 0;
        for (int i = 0; i < examples.Count; i++)
        {
            MultipleChoiceExample example = examples.Examples[i];
            if (example.Choices.Count != choices) throw new InputException($"{examples.PlaceOf(i)}: {example.Choices.Count} choices where the first example has {choices}; every example of a file needs as many");
            List<TokenizedText> windows = [];
            List<int> counts = [];
            int longest = 0;
            foreach (string choice in example.Choices)
            {
                IReadOnlyList<TokenizedText> ofChoice = PairWindows.Of(tokenizer, example.Prompt, example.Question.Length == 0 ? choice : $"{example.Question} {choice}", options, out int whole);
                windows.AddRange(ofChoice);
                counts.Add(ofChoice.Count);
                tokens += whole;
                beyond += Math.Max(0, whole - options.MaxLength);
                longest = Math.Max(longest, whole);
            }

            if (longest > options.MaxLength) longExamples++;
            features.Add(new PartsFeature
            {
                Example = i,
                Ids = [.. windows.SelectMany(window => window.Ids)],
                TypeIds = [.. windows.SelectMany(window => window.TypeIds)],
                Lengths = [.. windows.Select(window => window.Length)],
                Windows = [.. counts],
                Target = example.Label < 0 ? null : new ClassTarget(example.Label),
            });
        }

        return new EncodedData(features, longExamples, beyond, tokens);
    }

    /// <inheritdoc/>
    public override string? SliceLabelOf(TaskData data, int example) => $"choice {TruthOf(data, example)}";

    /// <inheritdoc/>
    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores) =>
        [.. ((ChoiceData)data).Examples.Select((example, i) =>
        {
            double[] logits = [.. scores[i].Values.Select(score => (double)score)], probabilities = new double[logits.Length];
            TensorPrimitives.SoftMax<double>(logits, probabilities);
            int best = TensorPrimitives.IndexOfMax<double>(logits);
            return new ChoicePrediction(best, example.Choices[best], probabilities);
        })];

    /// <inheritdoc/>
    public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions) =>
        [new NamedScore("accuracy", Bootstrap.Mean([.. predictions.Select((prediction, i) => CreditOf(data, i, prediction))], seed: 0))];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation)
    {
        int[] truth = [.. ((ChoiceData)evaluation).Examples.Select(example => example.Label)];
        int majority = MajorityClass.Of(((ChoiceData)train).Examples.Select(example => example.Label));
        return new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["majority_class"] = truth.Average(label => label == majority ? 1.0 : 0.0),
            ["chance"] = ((ChoiceData)evaluation).Examples.Average(example => 1.0 / example.Choices.Count),
        };
    }

    /// <inheritdoc/>
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        IReadOnlyList<MultipleChoiceExample> examples = ((ChoiceData)data).Examples;
        int[] wrong = [.. Enumerable.Range(0, data.Count).Where(i => CreditOf(data, i, predictions[i]) == 0).OrderByDescending(i => predictions[i].Confidence)];
        if (wrong.Length == 0) yield break;
        yield return new ReportSection("Mistakes",
        [
            new Paragraph($"{Format.Count(wrong.Length)} of {Format.Count(data.Count)} examples were answered wrongly."),
            new ReportTable("The surest mistakes", ["prompt", "right choice", "chosen", "confidence"],
                [.. wrong.Take(MostMistakes).Select(i => (IReadOnlyList<string>)[data.TextOf(i), examples[i].Choices[examples[i].Label], ((ChoicePrediction)predictions[i]).Text, Format.Percent(predictions[i].Confidence ?? double.NaN)])],
                NumericFrom: 3),
        ]);
    }
}
