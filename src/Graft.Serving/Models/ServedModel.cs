using Graft.Backbones;
using Graft.Inference;
using Graft.Serving.Queue;
using Graft.Tasks;
using Graft.Tasks.MultipleChoice;
using Graft.Tokenizers;

namespace Graft.Serving.Models;

/// <summary>
/// One version of a model in memory. Requests hold it while they are answered (<see cref="TryHold"/>), so that a newer version may take its
/// place at any time: the older one is released with its last request.
/// </summary>
internal abstract class ServedModel(string name, string folder) : IDisposable
{
    private int _holders = 1; // its place among the served models

    /// <summary>The name requests call it by.</summary>
    public string Name => name;

    /// <summary>The folder it was opened from.</summary>
    public string Folder => folder;

    /// <summary>What it answers, in the field's words: embedding, text-classification …</summary>
    public abstract string Task { get; }

    /// <summary>The model's tokenizer.</summary>
    public abstract Tokenizer Tokenizer { get; }

    /// <summary>The most tokens of a text that are read.</summary>
    public abstract int MaxLength { get; }

    /// <summary>Whether texts share batches; known once it is warmed up.</summary>
    public virtual bool SharesBatches => true;

    /// <summary>When it was opened.</summary>
    public DateTimeOffset Opened { get; } = DateTimeOffset.UtcNow;

    /// <summary>
    /// Answers a few texts on the compute thread, so that the first request is as fast as the others, and sees whether they may share
    /// batches.
    /// </summary>
    /// <param name="queue">The queue whose thread computes.</param>
    /// <param name="options">What an answer must hold, and the tokens of a batch.</param>
    /// <param name="cancellationToken">Keeps it from beginning.</param>
    public abstract Task WarmUpAsync(ComputeQueue queue, ServingOptions options, CancellationToken cancellationToken);

    /// <summary>Keeps it in memory until <see cref="Dispose"/> is called once more; false where it is released already.</summary>
    public bool TryHold()
    {
        for (int holders = Volatile.Read(ref _holders); holders > 0; holders = Volatile.Read(ref _holders))
        {
            if (Interlocked.CompareExchange(ref _holders, holders + 1, holders) == holders) return true;
        }

        return false;
    }

    /// <summary>Lets go of it; the last one releases it.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) == 0) Release();
    }

    /// <summary>Releases what it has in memory.</summary>
    protected abstract void Release();
}

/// <summary>A model that turns texts into vectors.</summary>
internal sealed class EmbeddingModel(string name, Embedder embedder) : ServedModel(name, embedder.Folder)
{
    public Embedder Embedder => embedder;

    public FeatureEngine Engine { get; } = new VectorEngine(embedder.Scorer);

    public override bool SharesBatches => Engine.SharesBatches;

    public override string Task => "embedding";

    public override Tokenizer Tokenizer => embedder.Tokenizer;

    public override int MaxLength => embedder.MaxLength;

    public override Task WarmUpAsync(ComputeQueue queue, ServingOptions options, CancellationToken cancellationToken) =>
        queue.RunAsync(
            () => Engine.WarmUp([.. WarmUp.Texts.Select(text => (VectorEngine.OfTexts, embedder.Encode(text, out _)))], options),
            0,
            cancellationToken
        );

    protected override void Release() => embedder.Dispose();
}

/// <summary>
/// A fine-tuned model that says something about a text (classes, numbers, tags, answers, choices), alone or as one of many adapters on a
/// backbone.
/// </summary>
internal sealed class PredictingModel(
    ModelSource source,
    FineTuningTask task,
    EncodingOptions encoding,
    Tokenizer tokenizer,
    FeatureEngine engine,
    int lane,
    int maxTokens,
    Action release
) : ServedModel(source.Name, source.Folder)
{
    public FineTuningTask FineTuned => task;

    public EncodingOptions Encoding => encoding;

    public FeatureEngine Engine => engine;

    /// <summary>The number of the adapter; 0 for a model that is alone.</summary>
    public int Lane => lane;

    public override bool SharesBatches => engine.SharesBatches;

    public override string Task => task.Name;

    public override Tokenizer Tokenizer => tokenizer;

    public override int MaxLength => maxTokens;

    /// <summary>Whether it says classes, labels or a number of a whole text.</summary>
    public bool Classifies => task.Head == HeadKinds.SequenceClassification;

    /// <summary>Whether it gives one number: what reranking needs.</summary>
    public bool Ranks => Classifies && task.Labels.Count <= 1;

    public override Task WarmUpAsync(ComputeQueue queue, ServingOptions options, CancellationToken cancellationToken)
    {
        TaskData data = task is MultipleChoice choice
            ? choice.FromChoices([(WarmUp.Texts[0], [.. WarmUp.Texts.Take(4)]), (WarmUp.Texts[1], [.. WarmUp.Texts.TakeLast(4)])])
            : task.FromTexts([.. WarmUp.Texts.Select(Asked)]);
        (string, string?) Asked(string text) => task.Head == HeadKinds.QuestionAnswering ? (WarmUp.Texts[0], text) : (text, null);
        IReadOnlyList<Feature> features = task.Encode(data, tokenizer, encoding).Features;
        return queue.RunAsync(() => engine.WarmUp([.. features.Select(feature => (lane, feature))], options), 0, cancellationToken);
    }

    protected override void Release() => release();
}

/// <summary>A model that writes.</summary>
internal sealed class WritingModel(ModelSource source, string task, TextGenerator generator, int maxTokens)
    : ServedModel(source.Name, source.Folder)
{
    public TextGenerator Generator => generator;

    public override string Task => task;

    public override Tokenizer Tokenizer => generator.Tokenizer;

    public override int MaxLength => maxTokens;

    public override Task WarmUpAsync(ComputeQueue queue, ServingOptions options, CancellationToken cancellationToken) =>
        queue.RunAsync(
            () =>
                generator.Generate(
                    WarmUp.Texts[0],
                    generator.Defaults with
                    {
                        MaxNewTokens = 2,
                        MinNewTokens = 0,
                        MaxLength = null,
                        NumBeams = 1,
                        NumReturnSequences = 1,
                    }
                ),
            0,
            cancellationToken
        );

    protected override void Release() => generator.Dispose();
}

/// <summary>What is asked of a model before its first request.</summary>
internal static class WarmUp
{
    private const string Sentence = "Another text, which is longer than the first, so that the first request meets no new length. ";

    /// <summary>Texts of one word and of about fifty.</summary>
    public static IReadOnlyList<string> Texts { get; } =
    [
        "A",
        "A text.",
        "A text of a few words.",
        "A text of some more words than the one before.",
        Sentence,
        Sentence + Sentence[..40],
        Sentence + Sentence + Sentence[..60],
    ];
}
