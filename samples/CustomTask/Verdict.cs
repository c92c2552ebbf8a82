using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;
using Graft.Heads;
using Graft.Layers;
using Graft.Tasks;
using Graft.Tokenizers;
using static TorchSharp.torch;

namespace CustomTask;

/// <summary>Reviews, each with a side: +1 praise, −1 complaint, 0 unknown.</summary>
internal sealed record Reviews(string Path, IReadOnlyList<(string Text, int Side, long Line)> Rows) : TaskData(Path, [])
{
    public override int Count => Rows.Count;
    public override string TextOf(int example) => Rows[example].Text;
    public override string PlaceOf(int example) => $"{Path} line {Rows[example].Line}";
    public override TaskData Take(IReadOnlyList<int> examples) => this with { Rows = [.. examples.Select(i => Rows[i])] };
}

/// <summary>What a review's feature is trained towards.</summary>
internal sealed record SideTarget(float Side) : FeatureTarget;

/// <summary>One number for a review: its sign is the side, its size how far from the border between them.</summary>
internal sealed record VerdictPrediction(double Score) : Prediction
{
    public override string Answer => Score >= 0 ? "praise" : "complaint";
    public override JsonObject ToJson() => new() { ["verdict"] = Answer, ["score"] = Math.Round(Score, 6) };
}

/// <summary>Is a review for or against? One signed number where text classification has a probability for each class.</summary>
internal sealed record Verdict : FineTuningTask
{
    public override string Name => "verdict";
    public override string Head => HeadKinds.SequenceClassification;
    public override string? ProblemType => "regression"; // one output; what it means is said here
    public override string MainMetric => "accuracy";
    public override FineTuningTask WithLabelsOf(TaskData train) => this with { Labels = ["verdict"] };

    public override TaskData Read(string path, ColumnOptions columns, bool labelled) =>
        new Reviews(path, [.. Rows(path, columns with { RequireLabel = labelled }).Select(row => (row.Text, Side(row, path), row.Line))]);

    public override IEnumerable<TaskData> Stream(string path, ColumnOptions columns, int examples, Action<BadRow> onBadRow) =>
        LabelledTextReader
            .Stream(path, columns with { RequireLabel = false }, onBadRow)
            .Chunk(examples)
            .Select(rows => new Reviews(path, [.. rows.Select(row => (row.Text, 0, row.Line))]));

    public override TaskData FromTexts(IReadOnlyList<(string Text, string? Pair)> texts) =>
        new Reviews("text", [.. texts.Select((text, i) => (text.Text, 0, i + 1L))]);

    public override EncodedData Encode(TaskData data, Tokenizer tokenizer, EncodingOptions options)
    {
        List<Feature> features = [];
        foreach ((string text, int side, _) in ((Reviews)data).Rows)
        {
            TokenizedText tokens = tokenizer.Encode(text, options: new EncodeOptions { MaxLength = options.MaxLength });
            SideTarget? target = side == 0 ? null : new SideTarget(side);
            features.Add(new Feature { Example = features.Count, Ids = tokens.Ids, TypeIds = tokens.TypeIds, Target = target });
        }

        long count = features.Sum(feature => (long)feature.Ids.Length);
        return new EncodedData(features, LongExamples: 0, TokensBeyond: 0, count) { IsCut = true };
    }

    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores) =>
        [.. scores.Select(score => new VerdictPrediction(score.Values[0]))];

    public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions)
    {
        double[] right = [.. predictions.Select((prediction, i) => CreditOf(data, i, prediction))];
        return [new NamedScore("accuracy", Bootstrap.Mean(right, seed: 0))];
    }

    public override IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation)
    {
        int often = ((Reviews)train).Rows.Sum(row => row.Side) >= 0 ? 1 : -1;
        return new Dictionary<string, double> { ["majority"] = ((Reviews)evaluation).Rows.Average(row => row.Side == often ? 1.0 : 0.0) };
    }

    public override string TruthOf(TaskData data, int example) => ((Reviews)data).Rows[example].Side > 0 ? "praise" : "complaint";
    private static IReadOnlyList<LabelledText> Rows(string path, ColumnOptions columns) => LabelledTextReader.Read(path, columns).Rows;
    private static int Side(LabelledText row, string path) => row.Label switch
    {
        "praise" => 1,
        "complaint" => -1,
        null => 0,
        _ => throw new Graft.InputException($"{path} line {row.Line}: \"{row.Label}\" is neither praise nor complaint"),
    };
}

/// <summary>The squared hinge loss: max(0, 1 − side · score)². Beyond the margin an example is learned and pulls no more.</summary>
internal sealed class HingeObjective : TaskObjective
{
    public override Targets Targets(IReadOnlyList<Feature> features, Collator collator) =>
        new() { Labels = tensor((float[])[.. features.Select(feature => ((SideTarget)feature.Target!).Side)]) };
    public override Tensor Loss(HeadOutput output, EncoderInput? input, Targets targets, Head? head) =>
        (1 - (output.Logits!.view(-1) * targets.Labels!)).clamp_min(0).square().sum();
}

/// <summary>A metric beside the task's own: the share of reviews inside the margin.</summary>
internal sealed class UndecidedMetric : ITaskMetric
{
    public string Name => "undecided";
    public bool Measures(FineTuningTask task) => task is Verdict;
    public double Of(TaskData data, IReadOnlyList<Prediction> predictions) =>
        predictions.Average(prediction => Math.Abs(((VerdictPrediction)prediction).Score) < 1 ? 1.0 : 0.0);
}
