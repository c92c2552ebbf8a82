using Graft.Data;
using Graft.Evaluation;
using Graft.Generation;
using Graft.Reports;
using Graft.Tokenizers;

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
    public abstract string Head { get; }

    /// <summary>The configuration's <c>problem_type</c>; null where the head has only one.</summary>
    public virtual string? ProblemType => null;

    /// <summary>The labels in the model's order; empty where there are none or they are not known yet.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>What the loss counts how much: class weights, label smoothing.</summary>
    public LossOptions Loss { get; init; } = new();

    /// <summary>What development data decided: thresholds, temperature. Stored with the run and used wherever it answers.</summary>
    public Decisions Decisions { get; init; } = new();

    /// <summary>
    /// Divide scores by the temperature of <see cref="Decisions"/>, where there is one, before probabilities are made of them.
    /// </summary>
    public bool Calibrated { get; init; }

    /// <summary>Whether confidence is divided by a temperature: it is asked for, and there is one.</summary>
    internal bool IsCalibrated => Calibrated && Decisions.Temperature is not null;

    /// <summary>What tells texts that are unlike the training data; null where the run does not know them.</summary>
    internal Familiarity? Familiarity { get; init; }

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
    /// <param name="train">The data whose classes are counted.</param>
    /// <exception cref="InputException">The task tells no classes apart, or the file does not fit.</exception>
    internal FineTuningTask WithClassWeights(string asked, TaskData train)
    {
        if (Labels.Count < 2 || ClassCounts(train) is not { } counts)
            throw new InputException($"`class-weights`: {Name} has no classes to weigh");
        return this with { Loss = Loss with { ClassWeights = LossOptions.Weights(asked, Labels, counts) } };
    }

    /// <summary>How often each label occurs; null where the task has no classes.</summary>
    protected virtual long[]? ClassCounts(TaskData train) => null;

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

    /// <summary>
    /// How right a prediction is: 1, 0 or a share between (of numbers minus the error): what paired tests between runs compare.
    /// </summary>
    public virtual double CreditOf(TaskData data, int example, Prediction prediction) =>
        prediction.Answer == TruthOf(data, example) ? 1 : 0;

    /// <summary>Cuts examples into what the model sees.</summary>
    /// <exception cref="InputException">An example has a label that the task does not know.</exception>
    public abstract EncodedData Encode(TaskData data, Tokenizer tokenizer, EncodingOptions options);

    /// <summary>Raw scores → one prediction an example, in order.</summary>
    public abstract IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores);

    /// <summary>
    /// <see cref="Decode"/>, and which answers are unsure (<see cref="Decisions.Abstain"/>) and which texts are unlike the training data.
    /// </summary>
    /// <inheritdoc cref="Decode" path="/param"/>
    public IReadOnlyList<Prediction> Answers(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores)
    {
        IReadOnlyList<Prediction> predictions = Decode(data, encoded, scores);
        if (Decisions.Abstain is { } abstention)
        {
            // the threshold is one of calibrated confidence, whatever is shown
            IReadOnlyList<Prediction> asked =
                Calibrated || Decisions.Temperature is null ? predictions : (this with { Calibrated = true }).Decode(data, encoded, scores);
            predictions =
            [
                .. predictions.Select((prediction, i) =>
                    prediction with
                    {
                        IsUnsure = asked[i].Confidence is double confidence
                            ? !(confidence >= (abstention.Confidence ?? double.PositiveInfinity))
                            : null,
                    }
                ),
            ];
        }

        if (Familiarity?.AreUnfamiliar(data.Count, encoded, scores) is { } unfamiliar)
            predictions = [.. predictions.Select((prediction, i) => prediction with { IsUnfamiliar = unfamiliar[i] })];
        return predictions;
    }

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
    /// <param name="decidedHere">Whether <see cref="Decisions"/> were made on these very examples, so that their effect here
    /// flatters.</param>
    public virtual IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere) => [];

    /// <summary>An example's true answer, written as <see cref="Prediction.Answer"/> writes it.</summary>
    public abstract string TruthOf(TaskData data, int example);

    /// <summary>Whether a prediction belongs in <c>mistakes.jsonl</c> or not.</summary>
    public virtual bool IsRight(TaskData data, int example, Prediction prediction) => prediction.Answer == TruthOf(data, example);

    /// <summary>How many items a feature's loss counts; with class weights the sum of their weights.</summary>
    public virtual double LossItems(Feature feature) => 1;

    /// <summary>
    /// What examples are told apart by in slices, and what a part of the training data keeps the shares of: the label; null for none.
    /// </summary>
    public virtual string? SliceLabelOf(TaskData data, int example) => null;

    /// <summary>What <see cref="SliceLabelOf"/> is.</summary>
    public virtual string SliceName => "label";

    /// <summary>The class that precision, recall and F1 are of; null where they are of none in particular.</summary>
    public virtual string? PositiveClass => null;

    /// <summary>Whether <see cref="CreditOf"/> is a share of right; false for errors in units of their own.</summary>
    public virtual bool CreditIsShare => true;
}
