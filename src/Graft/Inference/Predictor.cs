using Graft.Backbones;
using Graft.Data;
using Graft.Generation;
using Graft.Pretrained;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tasks.TokenClassification;
using Graft.Tokenizers;

namespace Graft.Inference;

/// <summary>
/// A fine-tuned model that answers: from a run folder, or from a published folder whose <c>architectures</c> and <c>id2label</c> say the task.
/// <code>
/// using Predictor predictor = Predictor.Load("runs/reviews");
/// Console.WriteLine(predictor.Predict("The soup was cold.").Answer);
/// </code>
/// Answers do not depend on what is asked beside them. Safe to use from several threads.
/// </summary>
public sealed class Predictor : IDisposable
{
    private const int PublishedLength = 512;
    private readonly PretrainedModel _model;
    private readonly Tokenizer _tokenizer;
    private readonly Scorer _scorer;
    private readonly Lock _lock = new();

    private Predictor(string folder, PretrainedModel model, FineTuningTask task, EncodingOptions encoding)
    {
        (Folder, _model, Task, Encoding) = (folder, model, task, encoding);
        _tokenizer = model.Tokenizer;
        _scorer = new Scorer(task, model, Collator.Of(task.Layout, model));
    }

    /// <summary>The folder the model is from.</summary>
    public string Folder { get; }

    /// <summary>What it was fine-tuned for.</summary>
    public FineTuningTask Task { get; }

    /// <summary>How texts are cut into windows.</summary>
    public EncodingOptions Encoding { get; }

    /// <summary>Lines about keys of the folder's files that are not followed or not known.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    /// <summary>The number of the model's parameters.</summary>
    public long ParameterCount => _model.ParameterCount;

    /// <summary>Opens a folder; of a run over several seeds, the seed that is best on the development data.</summary>
    /// <param name="folder">A run folder or a published model folder.</param>
    /// <param name="encoding">How texts are cut; null: as in training.</param>
    /// <param name="task">The task; null: the one the folder says.</param>
    /// <param name="calibrated">Divide scores by the run's temperature, so that confidence means what it says; where the run fitted none, nothing changes.</param>
    /// <param name="generation">Changes how text is written; null: as in training, or as the published folder says.</param>
    /// <param name="aggregation">How labels of tokens become entities of a text; null: by words.</param>
    /// <exception cref="InputException">The folder is missing or damaged, or is not fine-tuned for a task.</exception>
    public static Predictor Load(
        string folder, EncodingOptions? encoding = null, string? task = null, bool calibrated = false, Func<GenerationOptions, GenerationOptions>? generation = null,
        TokenAggregation? aggregation = null)
    {
        folder = RunRecord.Best(folder);
        RunRecord? record = RunRecord.Read(folder);
        FineTuningTask? asked = task is null ? null : FineTuningTasks.Parse(task);
        PretrainedModel model = PretrainedModel.Load(folder, new LoadOptions { Head = asked?.Head });
        try
        {
            FineTuningTask bound = Bind(folder, record, asked, model.HeadKind, model.Config);
            if (aggregation is not null)
                bound = bound is TokenClassification words ? words with { Aggregation = aggregation } : throw new InputException($"{folder} is fine-tuned for {bound.Name}: --aggregation is for token-classification");
            bool writes = model.HeadKind is HeadKind.SequenceToSequence or HeadKind.CausalLm;
            if (record is null && writes) bound = bound with { Generation = GenerationConfig.Read(model.TokenizerFolder ?? folder, model.Config, bound.Generation) };
            bound = bound with { Calibrated = calibrated, Generation = generation?.Invoke(bound.Generation) ?? bound.Generation };
            bound.Generation.Validate();
            if (model.Report.Missing.Count > 0)
                throw new InputException($"{folder} lacks {model.Report.Missing[0]}{(model.Report.Missing.Count > 1 ? $" and {model.Report.Missing.Count - 1} more" : "")}: it is not fine-tuned for {bound.Name}; run graft finetune first");
            return new Predictor(folder, model, bound, encoding ?? EncodingOf(record, model.Config))
            {
                Notes = [.. model.Report.ConfigNotes, .. record is null && writes ? GenerationConfig.Unfollowed(model.TokenizerFolder ?? folder, model.Config) : []],
            };
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>What logits are divided by for calibrated confidence, fitted on the run's development data; null where none was.</summary>
    public double? Temperature => Task.Decisions.Temperature;

    /// <summary>The answer to one text with everything its task says, as its own type.</summary>
    /// <typeparam name="T"><c>ClassPrediction</c>, <c>LabelsPrediction</c>, <c>ValuePrediction</c>, <c>TagsPrediction</c>, <c>AnswerPrediction</c>, <c>ChoicePrediction</c>,
    /// <c>TextPrediction</c>, <c>EmbeddingPrediction</c> or <c>SimilarityPrediction</c>.</typeparam>
    /// <exception cref="InputException">The task answers with another type.</exception>
    public T Predict<T>(string text, string? pair = null)
        where T : Prediction
    {
        Prediction prediction = Predict(text, pair);
        return prediction as T ?? throw new InputException($"{Folder} is fine-tuned for {Task.Name}, which answers with a {prediction.GetType().Name}, not a {typeof(T).Name}");
    }

    /// <summary>The answer to one text, or to a pair of texts (question answering: the question and the text).</summary>
    public Prediction Predict(string text, string? pair = null) => Predict([(text, pair)])[0];

    /// <summary>The answers to texts or pairs, in their order.</summary>
    public IReadOnlyList<Prediction> Predict(IReadOnlyList<(string Text, string? Pair)> texts, CancellationToken cancellation = default) =>
        Predict(Task.FromTexts(texts), cancellation);

    /// <summary>The answers to examples that the task has read, in their order.</summary>
    /// <param name="data">From <see cref="FineTuningTask.Read"/> of this task.</param>
    /// <param name="cancellation">Stops between batches.</param>
    public IReadOnlyList<Prediction> Predict(TaskData data, CancellationToken cancellation = default) => Predict(data, out _, cancellation);

    /// <summary>The same, with the features that went through the model.</summary>
    internal IReadOnlyList<Prediction> Predict(TaskData data, out EncodedData encoded, CancellationToken cancellation = default)
    {
        encoded = Task.Encode(data, _tokenizer, Encoding);
        lock (_lock) return Task.Decode(data, encoded, _scorer.Score(encoded.Features, cancellation)); // products use all cores: one at a time is fastest
    }

    /// <summary>Releases the model.</summary>
    public void Dispose() => _model.Dispose();

    /// <summary>The task of a folder with its labels and what development data decided.</summary>
    /// <exception cref="InputException">It is not fine-tuned for a task.</exception>
    internal static FineTuningTask Bind(string folder, RunRecord? record, FineTuningTask? asked, HeadKind head, ModelConfig config)
    {
        FineTuningTask bound = (asked ?? (record is null ? FineTuningTasks.Of(head, config) : FineTuningTasks.Parse(record.Task)))?.WithLabels(config.Labels)
            ?? throw new InputException($"{folder} holds a {config.Architecture ?? config.ModelType}, which is not fine-tuned for a task: run graft finetune first, or name the task with --task");
        if (record is null && bound is TokenClassification tags) bound = tags with { IsPublished = true };
        if (record is null && bound is TextRegression numbers) bound = numbers with { Activation = config.OutputActivation };
        bool isOfRun = record is not null && record.Task == bound.Name;
        return isOfRun ? bound with { Decisions = record!.Decisions, Generation = WriterOptions.FromJson(record.Generation, bound.Generation) } : bound;
    }

    internal static EncodingOptions EncodingOf(RunRecord? record, ModelConfig config)
    {
        if (record is not null) return new EncodingOptions { MaxLength = record.MaxLength, Stride = record.Stride, Truncate = record.Truncate };
        int positions = config.OptionalInt("max_position_embeddings") ?? PublishedLength;
        int reserved = config.ModelType is "roberta" or "xlm-roberta" or "mpnet" ? 2 : 0; // positions count from the padding id on
        return new EncodingOptions { MaxLength = Math.Min(PublishedLength, positions - reserved) };
    }
}
