using System.Runtime.CompilerServices;
using Graft.Data;
using Graft.Generation;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tasks.TokenClassification;
using Graft.Tokenizers;

namespace Graft.Inference;

/// <summary>
/// A fine-tuned model that answers: from a run folder, or from a published folder whose <c>architectures</c> and <c>id2label</c> say the
/// task.
/// <code>
/// using Predictor predictor = Predictor.Load("runs/reviews");
/// Console.WriteLine(predictor.Predict("The soup was cold.").Answer);
/// </code>
/// Answers do not depend on what is asked beside them. Safe to use from several threads.
/// </summary>
public sealed class Predictor : IDisposable
{
    private const int PublishedLength = 512;
    private readonly IScorer _scorer;

    private Predictor(string folder, IScorer scorer, FineTuningTask task, EncodingOptions encoding)
    {
        (Folder, _scorer, Task, Encoding) = (folder, scorer, task, encoding);
        Tokenizer = scorer.Tokenizer;
    }

    /// <summary>The folder the model is from.</summary>
    public string Folder { get; }

    /// <summary>What it was fine-tuned for.</summary>
    public FineTuningTask Task { get; }

    /// <summary>How texts are cut into windows.</summary>
    public EncodingOptions Encoding { get; }

    /// <summary>The tokenizer that the model was trained with.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>
    /// What computes: for programs that tokenize and compute on different threads, as a server does. <see cref="FineTuningTask.Encode"/>
    /// makes features of texts, <see cref="FineTuningTask.Decode"/> predictions of their scores; released with the predictor.
    /// </summary>
    public IScorer Scorer => _scorer;

    /// <summary>Lines about keys of the folder's files that are not followed or not known.</summary>
    public IReadOnlyList<string> Notes { get; private init; } = [];

    /// <summary>
    /// How the run's training data was read; files are read the same way. Null for published models and runs of earlier versions.
    /// </summary>
    public Interpretation? Trained { get; private init; }

    /// <summary>The number of the model's parameters.</summary>
    public long ParameterCount => _scorer.Model.ParameterCount;

    /// <summary>Opens a folder; of a run over several seeds, the seed that is best on the development data.</summary>
    /// <param name="folder">A run folder or a published model folder.</param>
    /// <param name="encoding">How texts are cut; null: as in training.</param>
    /// <param name="task">The task; null: the one the folder says.</param>
    /// <param name="calibrated">Divide scores by the run's temperature, so that confidence means what it says; where the run fitted none,
    /// nothing changes. False: raw.</param>
    /// <param name="generation">Changes how text is written; null: as in training, or as the published folder says.</param>
    /// <param name="compute">How its answers are computed, whatever other objects of the process do; null: as its engine chooses (libtorch:
    /// the context of the thread that opens it).</param>
    /// <param name="aggregation">How labels of tokens become entities of a text; null: by words.</param>
    /// <param name="sameBits">Whether an answer has the same bits whatever is asked beside it, and not only to rounding.</param>
    /// <exception cref="InputException">The folder is missing or damaged, or is not fine-tuned for a task.</exception>
    public static Predictor Load(
        string folder,
        EncodingOptions? encoding = null,
        string? task = null,
        bool calibrated = true,
        Func<GenerationOptions, GenerationOptions>? generation = null,
        IComputeOptions? compute = null,
        TokenAggregation? aggregation = null,
        bool sameBits = false
    )
    {
        folder = RunSeeds.Best(folder);
        RunManifest? record = RunManifest.Read(folder);
        FineTuningTask? asked = task is null ? null : FineTuningTasks.Parse(task);
        FineTuningTask? bound = null;
        ScorerOptions options = new() { Head = asked?.Head, Compute = compute, SameBits = sameBits };
        IScorer scorer = ScoringEngines.Open(folder, options, model =>
        {
            bound = Bind(folder, record, asked, model);
            if (aggregation is not null)
                bound = bound is TokenClassification words
                    ? words with
                    {
                        Aggregation = aggregation,
                    }
                    : throw new InputException($"{folder} is fine-tuned for {bound.Name}: `aggregation` is for token-classification");
            bound = bound with { Calibrated = calibrated, Generation = generation?.Invoke(bound.Generation) ?? bound.Generation };
            bound.Generation.Validate();
            if (model.MissingParameters is not [string first, ..]) return bound;
            string more = model.MissingParameters.Count > 1 ? $" and {model.MissingParameters.Count - 1} more" : "";
            throw new InputException($"{folder} lacks {first}{more}: it is not fine-tuned for {bound.Name}; run graft finetune first");
        });
        try
        {
            return new Predictor(folder, scorer, bound!, encoding ?? EncodingOf(record, scorer.Model.PositionLimit))
            {
                Notes = scorer.Model.Notes,
                Trained = record?.Data,
            };
        }
        catch
        {
            scorer.Dispose();
            throw;
        }
    }

    /// <summary>What logits are divided by for calibrated confidence, fitted on the run's development data; null where none was.</summary>
    public double? Temperature => Task.Decisions.Temperature;

    /// <summary>The answer to one text with everything its task says, as its own type.</summary>
    /// <typeparam name="T"><c>ClassPrediction</c>, <c>LabelsPrediction</c>, <c>ValuePrediction</c>, <c>TagsPrediction</c>,
    /// <c>AnswerPrediction</c>, <c>ChoicePrediction</c>, <c>TextPrediction</c>, <c>EmbeddingPrediction</c> or
    /// <c>SimilarityPrediction</c>.</typeparam>
    /// <exception cref="InputException">The task answers with another type.</exception>
    public T Predict<T>(string text, string? pair = null)
        where T : Prediction
    {
        Prediction prediction = Predict(text, pair);
        return prediction as T
            ?? throw new InputException(
                $"{Folder} is fine-tuned for {Task.Name}, which answers with a {prediction.GetType().Name}, not a {typeof(T).Name}"
            );
    }

    /// <summary>The answer to one text, or to a pair of texts (question answering: the question and the text).</summary>
    public Prediction Predict(string text, string? pair = null) => Predict([(text, pair)])[0];

    /// <summary>The answers to texts or pairs, in their order.</summary>
    public IReadOnlyList<Prediction> Predict(
        IReadOnlyList<(string Text, string? Pair)> texts,
        CancellationToken cancellationToken = default
    ) => Predict(Task.FromTexts(texts), cancellationToken);

    /// <summary>The answers to examples that the task has read, in their order.</summary>
    /// <param name="data">From <see cref="FineTuningTask.Read"/> of this task.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    public IReadOnlyList<Prediction> Predict(TaskData data, CancellationToken cancellationToken = default) =>
        Predict(data, out _, cancellationToken);

    /// <summary>The answers to texts or pairs, in their order, computed beside the caller.</summary>
    /// <param name="texts">Texts or pairs.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    public Task<IReadOnlyList<Prediction>> PredictAsync(
        IReadOnlyList<(string Text, string? Pair)> texts,
        CancellationToken cancellationToken = default
    ) => System.Threading.Tasks.Task.Run(() => Predict(texts, cancellationToken), cancellationToken);

    /// <summary>Answers a stream of texts or pairs, in its order; memory does not grow with it.</summary>
    /// <param name="texts">A queue, a file's lines, a request's body.</param>
    /// <param name="batchSize">How many are waited for and go through the model together: 1 answers each as soon as it is there.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    public async IAsyncEnumerable<Prediction> PredictAsync(
        IAsyncEnumerable<(string Text, string? Pair)> texts,
        int batchSize = 32,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        await foreach (
            (string Text, string? Pair)[] batch in texts.Chunk(batchSize).WithCancellation(cancellationToken).ConfigureAwait(false)
        )
        {
            foreach (Prediction prediction in await PredictAsync(batch, cancellationToken).ConfigureAwait(false)) yield return prediction;
        }
    }

    /// <summary>The same, with the features that went through the model.</summary>
    internal IReadOnlyList<Prediction> Predict(TaskData data, out EncodedData encoded, CancellationToken cancellationToken = default)
    {
        encoded = Task.Encode(data, Tokenizer, Encoding);
        return Task.Answers(data, encoded, _scorer.Score(encoded.Features, cancellationToken));
    }

    /// <summary>Releases the model.</summary>
    public void Dispose() => _scorer.Dispose();

    /// <summary>The task of a folder with its labels and what development data decided.</summary>
    /// <exception cref="InputException">It is not fine-tuned for a task.</exception>
    internal static FineTuningTask Bind(string folder, RunManifest? record, FineTuningTask? asked, ScoredModel model)
    {
        FineTuningTask bound = (
            asked ?? (record is null ? FineTuningTasks.Of(model.Head, model.Labels, model.ProblemType) : FineTuningTasks.Parse(record.Task))
        )?.WithLabels(model.Labels)
            ?? throw new InputException(
                $"{folder} holds a {model.Name}, which is not fine-tuned for a task: run graft finetune first, or name the task with `task`"
            );
        if (record is not null)
            return record.Bind(bound) with { Familiarity = FamiliarityFile.Read(folder) };
        if (model.Generation is GenerationOptions generation)
            bound = bound with { Generation = generation };
        return bound switch
        {
            TokenClassification tags => tags with { IsPublished = true },
            TextRegression numbers => numbers with { Activation = model.OutputActivation },
            _ => bound,
        };
    }

    /// <summary>As in training; of a published model windows of 512 tokens, or as many as it can read.</summary>
    internal static EncodingOptions EncodingOf(RunManifest? record, int? positionLimit) =>
        record?.Encoding ?? new EncodingOptions { MaxLength = Math.Min(PublishedLength, positionLimit ?? PublishedLength) };
}
