using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;
using Graft.Tokenizers;

namespace Graft.Tasks;

/// <summary>
/// A task of the field: how its examples are read and encoded, which head answers, how raw scores become predictions, and how those are
/// measured. Training, run folders and commands know tasks only as this.
/// </summary>
public abstract class FineTuningTask
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

    /// <summary>The metric that papers name and development data is judged by.</summary>
    public abstract string MainMetric { get; }

    /// <summary>The same task with the labels that training data has, sorted.</summary>
    /// <exception cref="InputException">The data has fewer than two labels where classes are to be told apart.</exception>
    public abstract FineTuningTask WithLabelsOf(TaskData train);

    /// <summary>The same task with the labels a model was trained with.</summary>
    public abstract FineTuningTask WithLabels(IReadOnlyList<string> labels);

    /// <summary>Reads a file of examples.</summary>
    /// <param name="path">The file.</param>
    /// <param name="columns">Which columns hold what; tasks whose files are no tables do not look.</param>
    /// <param name="labelled">Whether examples must have answers.</param>
    /// <exception cref="InputException">The file cannot be used; one line says why.</exception>
    public abstract TaskData Read(string path, ColumnOptions columns, bool labelled);

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

    /// <summary>The task's scores with their intervals; the main one first.</summary>
    public abstract IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions);

    /// <summary>What simple methods score on the same data: name → (metric, value) of the main metric.</summary>
    public abstract IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation);

    /// <summary>An example's true answer, written as <see cref="Prediction.Answer"/> writes it.</summary>
    public abstract string TruthOf(TaskData data, int example);

    /// <summary>How many items a feature's loss counts.</summary>
    public virtual double LossItems(Feature feature) => 1;
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

    /// <summary>Where an example stands: file and line.</summary>
    public abstract string PlaceOf(int example);

    /// <summary>The same file with fewer examples.</summary>
    public abstract TaskData Take(IReadOnlyList<int> examples);
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
    /// <summary>The longest feature.</summary>
    public int Longest => Features.Count == 0 ? 0 : Features.Max(feature => feature.Ids.Length);
}

/// <summary>What a model says about an example.</summary>
public abstract record Prediction
{
    /// <summary>The line of predictions.jsonl and of <c>graft predict</c>.</summary>
    public abstract JsonObject ToJson();

    /// <summary>The answer as one word or number, for tables.</summary>
    public abstract string Answer { get; }

    /// <summary>How sure the model is, in [0, 1]; null where there is no such number.</summary>
    public virtual double? Confidence => null;
}
