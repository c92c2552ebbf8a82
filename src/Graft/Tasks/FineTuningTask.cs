using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;
using Graft.Generation;
using Graft.Heads;
using Graft.Pretrained;
using Graft.Reports;
using Graft.Tokenizers;
using Graft.Training;
using static TorchSharp.torch;

namespace Graft.Tasks;

/// <summary>
/// A task of the field: how its examples are read and encoded, which head answers, how raw scores become predictions, and how those are
/// measured. Training, run folders and commands know tasks only as this.
/// </summary>
public abstract record FineTuningTask
{
    /// <summary>The name on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What stands on the backbone.</summary>
    public abstract HeadKind Head { get; }

    /// <summary>How features lie in a batch.</summary>
    public virtual BatchLayout Layout => BatchLayout.Packed;

    /// <summary>The configuration's <c>problem_type</c>; null where the head has only one.</summary>
    public virtual string? ProblemType => null;

    /// <summary>The labels in the model's order; empty where there are none or they are not known yet.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>What the loss counts how much: class weights, label smoothing.</summary>
    public LossOptions Loss { get; init; } = new();

    /// <summary>What development data decided: thresholds, temperature. Stored with the run and used wherever it answers.</summary>
    public Decisions Decisions { get; init; } = new();

    /// <summary>Divide scores by the temperature of <see cref="Decisions"/>, where there is one, before probabilities are made of them.</summary>
    public bool Calibrated { get; init; }

    /// <summary>How tasks that write text write it.</summary>
    public GenerationOptions Generation { get; init; } = new() { MaxNewTokens = 64 };

    /// <summary>The metric that papers name and development data is judged by.</summary>
    public abstract string MainMetric { get; }

    /// <summary>Whether a larger value of the main metric is better.</summary>
    public virtual bool LargerIsBetter => true;

    /// <summary>The main metric on this data, where it depends on what the data has.</summary>
    public virtual string MainMetricOn(TaskData data) => MainMetric;

    /// <summary>The same task with the labels that training data has, sorted.</summary>
    /// <exception cref="InputException">The data has fewer than two labels where classes are to be told apart.</exception>
    public abstract FineTuningTask WithLabelsOf(TaskData train);

    /// <summary>The same task with the labels a model was trained with.</summary>
    public virtual FineTuningTask WithLabels(IReadOnlyList<string> labels) => this with { Labels = labels };

    /// <summary>The tokenizer that a model is trained with, where it is not the folder's own as it is.</summary>
    public virtual Tokenizer ForTraining(Tokenizer tokenizer) => tokenizer;

    /// <summary>The same task with weights for its classes.</summary>
    /// <param name="asked"><c>balanced</c> or a file of lines <c>label TAB weight</c>.</param>
    /// <param name="train">Whose classes are counted.</param>
    /// <exception cref="InputException">The task tells no classes apart, or the file does not fit.</exception>
    internal FineTuningTask WithClassWeights(string asked, TaskData train)
    {
        if (Labels.Count < 2 || ClassCounts(train) is not { } counts) throw new InputException($"--class-weights: {Name} has no classes to weigh");
        return this with { Loss = Loss with { ClassWeights = LossOptions.Weights(asked, Labels, counts) } };
    }

    /// <summary>How often each label occurs; null where the task has no classes.</summary>
    private protected virtual long[]? ClassCounts(TaskData train) => null;

    /// <summary>Reads a file of examples.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Which columns hold what; tasks whose files are no tables do not look.</param>
    /// <param name="labelled">Whether examples must have answers.</param>
    /// <exception cref="InputException">The file cannot be used; one line says why.</exception>
    public abstract TaskData Read(string path, ColumnOptions columns, bool labelled);

    /// <summary>Examples without answers from a file of any size, a part at a time; a format that is one document is read whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Which columns hold what.</param>
    /// <param name="examples">The most examples of a part.</param>
    /// <param name="onBadRow">Is told what could not be read.</param>
    /// <exception cref="InputException">As <see cref="Read"/>; a broken byte only when it is reached.</exception>
    public abstract IEnumerable<TaskData> Stream(string path, ColumnOptions columns, int examples, Action<BadRow> onBadRow);

    /// <summary>Examples without answers from texts in memory.</summary>
    /// <param name="texts">Texts or pairs; of question answering the question and the text.</param>
    /// <exception cref="InputException">The task needs a second text and there is none.</exception>
    public abstract TaskData FromTexts(IReadOnlyList<(string Text, string? Pair)> texts);

    /// <summary>How right a prediction is: 1, 0 or a share between (of numbers minus the error): what paired tests between runs compare.</summary>
    public virtual double CreditOf(TaskData data, int example, Prediction prediction) => prediction.Answer == TruthOf(data, example) ? 1 : 0;

    /// <summary>Cuts examples into what the model sees.</summary>
    /// <exception cref="InputException">An example has a label that the task does not know.</exception>
    public abstract EncodedData Encode(TaskData data, Tokenizer tokenizer, EncodingOptions options);

    /// <summary>Raw scores → one prediction an example, in order.</summary>
    public abstract IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores);

    /// <summary>What development data decides for this task, beside what is decided already.</summary>
    /// <param name="data">Development data.</param>
    /// <param name="predictions">The model's predictions on it.</param>
    /// <param name="tuneThreshold">Whether the threshold of a task with several labels is chosen too.</param>
    public virtual Decisions Tune(TaskData data, IReadOnlyList<Prediction> predictions, bool tuneThreshold) => Decisions;

    /// <summary>The task's scores with their intervals; the main one first.</summary>
    public abstract IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions);

    /// <summary>What simple methods score on the same data: name → (metric, value) of the main metric.</summary>
    public abstract IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation);

    /// <summary>The task's own part of the report.</summary>
    /// <param name="data">The examples.</param>
    /// <param name="predictions">What the model says about them.</param>
    /// <param name="decidedHere">Whether <see cref="Decisions"/> were made on these very examples, so that their effect here flatters.</param>
    public virtual IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere) => [];

    /// <summary>An example's true answer, written as <see cref="Prediction.Answer"/> writes it.</summary>
    public abstract string TruthOf(TaskData data, int example);

    /// <summary>Whether a prediction belongs in <c>mistakes.jsonl</c> or not.</summary>
    public virtual bool IsRight(TaskData data, int example, Prediction prediction) => prediction.Answer == TruthOf(data, example);

    /// <summary>The most tokens that go through the model at once in training.</summary>
    internal virtual int TokensAMicroBatch(ModelConfig config) => new BatchingOptions().TokensAMicroBatch;

    /// <summary>Writes what the folder of a trained model needs beside the model itself.</summary>
    internal virtual void SaveCompanions(PretrainedModel model, string folder)
    {
    }

    /// <summary>How many items a feature's loss counts; with class weights the sum of their weights.</summary>
    public virtual double LossItems(Feature feature) => 1;

    /// <summary>What examples are told apart by in slices, and what a part of the training data keeps the shares of: the label; null for none.</summary>
    public virtual string? SliceLabelOf(TaskData data, int example) => null;

    /// <summary>What <see cref="SliceLabelOf"/> is.</summary>
    public virtual string SliceName => "label";

    /// <summary>Whether <see cref="CreditOf"/> is a share of right; false for errors in units of their own.</summary>
    public virtual bool CreditIsShare => true;

    /// <summary>The loss of a micro-batch, summed over what <see cref="LossItems"/> counts.</summary>
    internal virtual Tensor LossSum(PretrainedModel model, Collator collator, FeatureBatch batch, StepContext context) => WeightedLoss.Sum(this, model, collator, batch, context);

    /// <summary>What evaluation and prediction keep of a batch: by default the head's raw scores.</summary>
    internal virtual IReadOnlyList<FeatureScores> Score(PretrainedModel model, Collator collator, IReadOnlyList<Feature> features) => HeadScores.Of(this, model, collator, features);

    /// <summary>The head's scores as the loss and the predictions want them: choices beside each other, windows pooled.</summary>
    internal virtual HeadOutput Arrange(HeadOutput output, IReadOnlyList<Feature> features) => output;
}

/// <summary>The examples of a file.</summary>
/// <param name="Path">The file.</param>
/// <param name="BadRows">What could not be read of it.</param>
public abstract record TaskData(string Path, IReadOnlyList<BadRow> BadRows)
{
    /// <summary>Number of examples.</summary>
    public abstract int Count { get; }

    /// <summary>The start of an example's text, for messages and reports.</summary>
    public abstract string TextOf(int example);

    /// <summary>The first text alone, for tables; <see cref="PairOf"/> is beside it.</summary>
    public virtual string FirstTextOf(int example) => TextOf(example);

    /// <summary>The second text; null where there is none.</summary>
    public virtual string? PairOf(int example) => null;

    /// <summary>Where an example stands: file and line.</summary>
    public abstract string PlaceOf(int example);

    /// <summary>The same file with fewer examples.</summary>
    public abstract TaskData Take(IReadOnlyList<int> examples);

    /// <summary>The other columns of an example's row; empty where the file has none.</summary>
    public virtual IReadOnlyDictionary<string, string?> ColumnsOf(int example) => LabelledText.NoColumns;
}

/// <summary>How examples are cut into features.</summary>
public sealed record EncodingOptions
{
    /// <summary>The most tokens of a feature, special tokens included.</summary>
    /// <value>128</value>
    public int MaxLength { get; init; } = 128;

    /// <summary>How many tokens neighbouring windows of a long text share; null: a quarter of the length.</summary>
    public int? Stride { get; init; }

    /// <summary>Cut long texts off instead of reading them in windows.</summary>
    public bool Truncate { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        if (MaxLength < 8) throw new InputException($"max-length is {MaxLength}; it must be at least 8");
        if (Stride is < 0 || Stride >= MaxLength - 4) throw new InputException($"stride is {Stride}; it must be 0 or more and smaller than max-length ({MaxLength}) by more than the special tokens");
    }
}

/// <summary>Features of examples, and what a plain cut would have lost.</summary>
/// <param name="Features">In the examples' order, windows one after the other.</param>
/// <param name="LongExamples">How many examples are longer than the limit.</param>
/// <param name="TokensBeyond">Tokens beyond the limit.</param>
/// <param name="Tokens">All tokens of the texts.</param>
public sealed record EncodedData(IReadOnlyList<Feature> Features, int LongExamples, long TokensBeyond, long Tokens)
{
    /// <summary>What encoded it, for tasks that decode ids.</summary>
    public Tokenizer? Tokenizer { get; init; }

    /// <summary>Whether this task cuts what lies beyond the limit, whatever the options say.</summary>
    public bool IsCut { get; init; }

    /// <summary>Other things that lie beyond the limit, counted: <c>entities</c>, <c>answers</c>.</summary>
    public IReadOnlyList<BeyondLimit> Losses { get; init; } = [];

    /// <summary>One line about what lies beyond the limit.</summary>
    internal string Describe(int examples, EncodingOptions options)
    {
        string losses = string.Concat(Losses.Where(loss => loss.Beyond > 0).Select(loss => FormattableString.Invariant($", {100 * loss.Share:0.0} % of all {loss.What}")));
        string what = options.Truncate || IsCut ? "is cut off" : "would be lost by a plain cut; windows keep it";
        return FormattableString.Invariant(
            $"{LongExamples} of {examples} texts are longer than {options.MaxLength} tokens: {100.0 * TokensBeyond / Math.Max(1, Tokens):0.0} % of all tokens{losses} {what}");
    }

    /// <summary>The longest feature.</summary>
    public int Longest => Features.Count == 0 ? 0 : Features.Max(feature => feature.Ids.Length);
}

/// <summary>How much of something lies beyond the length limit, where a plain cut would have lost it.</summary>
/// <param name="What">Of what: <c>entities</c>, <c>answers</c>.</param>
/// <param name="All">How many there are.</param>
/// <param name="Beyond">How many lie beyond.</param>
public sealed record BeyondLimit(string What, long All, long Beyond)
{
    /// <summary>The share beyond.</summary>
    public double Share => All == 0 ? 0 : (double)Beyond / All;
}

/// <summary>What a model says about an example.</summary>
public abstract record Prediction
{
    /// <summary>The line of predictions.jsonl and of <c>graft predict</c>.</summary>
    public abstract JsonObject ToJson();

    /// <summary>The answer as one word or number, for tables.</summary>
    public abstract string Answer { get; }

    /// <summary>What the answer leaves out, as JSON for a table's cell: entities, candidates, probabilities; null where there is nothing more.</summary>
    public virtual JsonNode? Details => null;

    /// <summary>How sure the model is, in [0, 1]; null where there is no such number.</summary>
    public virtual double? Confidence => null;
}
