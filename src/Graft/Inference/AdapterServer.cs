using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tokenizers;
using Graft.Tuning;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Inference;

/// <summary>
/// Many fine-tuned adapters that answer from one backbone in memory. Texts for different adapters go through in one batch, and each gets
/// the answer that its adapter alone would give.
/// <code>
/// using AdapterServer server = AdapterServer.Load(["runs/polarity", "runs/intents"]);
/// IReadOnlyList&lt;Prediction&gt; answers = server.Predict([(0, "The soup was cold.", null), (1, "Where is my card?", null)]);
/// </code>
/// Safe to use from several threads.
/// </summary>
public sealed class AdapterServer : IDisposable
{
    private readonly AdapterBank _bank;
    private readonly IReadOnlyList<(FineTuningTask Task, EncodingOptions Encoding)> _tasks;
    private readonly TaskObjective[] _objectives;
    private readonly Collator _collator;
    private readonly Lock _lock = new();
    private bool _isDisposed;

    private AdapterServer(
        AdapterBank bank,
        IReadOnlyList<string> folders,
        IReadOnlyList<(FineTuningTask Task, EncodingOptions Encoding)> tasks
    )
    {
        (_bank, Folders, _tasks) = (bank, folders, tasks);
        _objectives = [.. tasks.Select(task => TaskObjectives.Of(task.Task))];
        bool padded = Enumerable
            .Range(0, bank.Count)
            .Any(i => bank[i].Strategy.NeedsPaddedBatches || _objectives[i].Layout == BatchLayout.Padded);
        _collator = new Collator(padded ? BatchLayout.Padded : BatchLayout.Packed, bank.PadTokenId) { WithSegments = bank.ReadsSegments };
    }

    /// <summary>The run folders; an adapter's number is its place here.</summary>
    public IReadOnlyList<string> Folders { get; }

    /// <summary>Values in memory: the backbone's once, and each adapter's.</summary>
    public long ParameterCount => _bank.ParameterCount;

    /// <summary>Opens run folders of adapter strategies on their common base; of a run over several seeds the best one.</summary>
    /// <param name="folders">Run folders or adapter folders.</param>
    /// <param name="baseModel">The base; null: the one that the first names.</param>
    /// <exception cref="InputException">A folder is no adapter, is of another base, or is for a task that writes text or
    /// vectors.</exception>
    public static AdapterServer Load(IReadOnlyList<string> folders, string? baseModel = null)
    {
        string[] best = [.. folders.Select(RunSeeds.Best)];
        AdapterBank bank = AdapterBank.Load(baseModel, best);
        try
        {
            return new AdapterServer(bank, folders, [.. best.Select((folder, i) => Bind(bank, folder, i))]);
        }
        catch
        {
            bank.Dispose();
            throw;
        }
    }

    /// <summary>The task of an adapter.</summary>
    /// <param name="adapter">The number.</param>
    public FineTuningTask TaskOf(int adapter) => _tasks[adapter].Task;

    /// <summary>How texts for an adapter are cut into windows.</summary>
    /// <param name="adapter">The number.</param>
    public EncodingOptions EncodingOf(int adapter) => _tasks[adapter].Encoding;

    /// <summary>The tokenizer of the base.</summary>
    public Tokenizer Tokenizer => _bank.Tokenizer;

    /// <summary>
    /// The scores of features that adapters' tasks have encoded (<see cref="FineTuningTask.Encode"/>), in their order: for programs that
    /// tokenize and compute on different threads.
    /// </summary>
    /// <param name="features">Each with the number of its adapter.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    public FeatureScores[] Score(IReadOnlyList<(int Adapter, Feature Feature)> features, CancellationToken cancellationToken = default)
    {
        FeatureScores[] scores = new FeatureScores[features.Count];
        Scored[] all = [.. features.Select((entry, i) => new Scored(entry.Adapter, entry.Feature, score => scores[i] = score))];
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            Score(all, cancellationToken);
        }

        return scores;
    }

    /// <summary>The answers to texts or pairs, each by the adapter that it names, in their order.</summary>
    public IReadOnlyList<Prediction> Predict(
        IReadOnlyList<(int Adapter, string Text, string? Pair)> texts,
        CancellationToken cancellationToken = default
    )
    {
        if (texts.FirstOrDefault(text => text.Adapter < 0 || text.Adapter >= Folders.Count) is { Text: not null } wrong)
            throw new InputException($"there is no adapter {wrong.Adapter}: {Folders.Count} are loaded");
        List<Asked> asked = [];
        foreach (IGrouping<int, int> group in Enumerable.Range(0, texts.Count).GroupBy(i => texts[i].Adapter))
        {
            (FineTuningTask task, EncodingOptions encoding) = _tasks[group.Key];
            TaskData data = task.FromTexts([.. group.Select(i => (texts[i].Text, texts[i].Pair))]);
            EncodedData encoded = task.Encode(data, _bank.Tokenizer, encoding);
            asked.Add(new Asked(group.Key, [.. group], data, encoded));
        }

        FeatureScores[] scores = Score(
            [.. asked.SelectMany(part => part.Encoded.Features.Select(feature => (part.Adapter, feature)))],
            cancellationToken
        );
        int at = 0;
        Prediction[] answers = new Prediction[texts.Count];
        foreach (Asked part in asked)
        {
            int count = part.Encoded.Features.Count;
            IReadOnlyList<Prediction> decoded = _tasks[part.Adapter].Task.Answers(part.Data, part.Encoded, scores[at..(at + count)]);
            at += count;
            for (int i = 0; i < decoded.Count; i++) answers[part.Places[i]] = decoded[i];
        }

        return answers;
    }

    /// <summary>Waits for what is being answered, then releases the backbone and the adapters.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            _bank.Dispose();
        }
    }

    private static (FineTuningTask Task, EncodingOptions Encoding) Bind(AdapterBank bank, string folder, int adapter)
    {
        RunManifest? record = RunManifest.Read(folder);
        (ModelConfig config, string head, _) = bank[adapter];
        FineTuningTask task = Predictor.Bind(
            folder,
            record,
            null,
            new ScoredModel(config.Architecture ?? config.ModelType, head, config.Labels) { ProblemType = config.ProblemType }
        );
        if (task.Head is HeadKinds.CausalLm or HeadKinds.SequenceToSequence or HeadKinds.Embedding)
            throw new InputException($"{folder} is for {task.Name}: adapters that share batches answer from one pass over a text");
        return (task, Predictor.EncodingOf(record, bank.PositionLimit));
    }

    /// <summary>All features by length, cut into batches by tokens; in a batch those of one adapter lie beside each other.</summary>
    private void Score(Scored[] all, CancellationToken cancellationToken)
    {
        foreach (int[] places in LengthBatches.Of([.. all.Select(entry => entry.Feature)]))
        {
            cancellationToken.ThrowIfCancellationRequested();
            ScoreBatch([.. places.Select(place => all[place]).OrderBy(entry => entry.Adapter)]);
        }
    }

    private void ScoreBatch(Scored[] batch)
    {
        using IDisposable noGradient = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        Feature[] features = [.. batch.Select(entry => entry.Feature)];
        EncoderInput input = _collator.Input(features) with
        {
            AdapterRows = [.. batch.SelectMany((entry, i) => Enumerable.Repeat(entry.Adapter, features[i].SequenceLengths.Count))],
        };
        int at = 0;
        foreach (AdaptedScores adapted in _bank.Forward(input))
        {
            Feature[] own = [.. features.Skip(at).TakeWhile((_, i) => batch[at + i].Adapter == adapted.Adapter)];
            HeadOutput output = _objectives[adapted.Adapter].Arrange(adapted.Scores, own);
            IReadOnlyList<FeatureScores> cut = HeadScores.Cut(
                output,
                input.Part(new AdapterRun(adapted.Adapter, adapted.First, adapted.End)),
                own
            );
            for (int i = 0; i < own.Length; i++)
                batch[at + i].Keep(cut[i]);
            at += own.Length;
        }
    }

    /// <summary>The texts for one adapter.</summary>
    /// <param name="Adapter">The number.</param>
    /// <param name="Places">Where in the question they stand.</param>
    /// <param name="Data">As its task reads them.</param>
    /// <param name="Encoded">The features.</param>
    private sealed record Asked(int Adapter, int[] Places, TaskData Data, EncodedData Encoded);

    /// <summary>A feature for an adapter, and where its scores go.</summary>
    private sealed record Scored(int Adapter, Feature Feature, Action<FeatureScores> Keep);
}
