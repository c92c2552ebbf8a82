using Graft.Backbones;
using Graft.Heads;
using Graft.Inference;
using Graft.Pretrained;
using Graft.Runs;
using Graft.Serving.Queue;
using Graft.Tasks;

namespace Graft.Serving.Models;

/// <summary>Opens a folder as what it is: a model of vectors, of a task, or one that writes; adapters of one base together.</summary>
internal static class ModelLoader
{
    public const string AdapterFile = "adapter_config.json";

    /// <summary>
    /// The sources in groups that are opened together: adapters of one base share it in memory and their texts share batches; all others
    /// are alone.
    /// </summary>
    public static IReadOnlyList<ModelSource[]> Groups(IEnumerable<ModelSource> sources) =>
        [
            .. sources
                .GroupBy(source => BaseOf(source.Folder) ?? "\0" + source.Name, StringComparer.Ordinal)
                .Select(group => group.ToArray()),
        ];

    /// <summary>Opens a group of <see cref="Groups"/>; one model for each source.</summary>
    /// <exception cref="InputException">A folder is missing or damaged, or no engine of this program opens it.</exception>
    public static ServedModel[] Open(ModelSource[] group, ServingOptions options) =>
        group.Length == 1 ? [Open(group[0], options)] : OpenAdapters(group, options);

    private static PredictingModel[] OpenAdapters(ModelSource[] group, ServingOptions options)
    {
        AdapterServer adapters = AdapterServer.Load([.. group.Select(source => source.Folder)]);
        AdapterEngine engine = new(adapters, options.SameBits);
        int open = group.Length;
        void Release()
        {
            if (Interlocked.Decrement(ref open) == 0) adapters.Dispose();
        }

        return
        [
            .. group.Select(
                (source, lane) =>
                    new PredictingModel(
                        source,
                        adapters.TaskOf(lane),
                        adapters.EncodingOf(lane),
                        adapters.Tokenizer,
                        engine,
                        lane,
                        options.MaxTextTokens,
                        Release
                    )
            ),
        ];
    }

    private static ServedModel Open(ModelSource source, ServingOptions options)
    {
        string? task = TaskOf(source.Folder);
        switch (task)
        {
            case null or "embedding":
                return new EmbeddingModel(source.Name, Embedder.Load(source.Folder, new EmbedderOptions { SameBits = options.SameBits }));
            case "causal-lm" or "text-to-text":
                return new WritingModel(source, task, TextGenerator.Load(source.Folder), options.MaxTextTokens);
            default:
                Predictor predictor = Predictor.Load(source.Folder, sameBits: options.SameBits);
                return new PredictingModel(
                    source,
                    predictor.Task,
                    predictor.Encoding,
                    predictor.Tokenizer,
                    new ScorerEngine(predictor.Scorer),
                    0,
                    options.MaxTextTokens,
                    predictor.Dispose
                );
        }
    }

    /// <summary>
    /// The base of an adapter that can share it; null for whole models, for adapters that write or make vectors, and for classifiers on
    /// frozen features, which join and pool the base's layers in their own way.
    /// </summary>
    private static string? BaseOf(string folder)
    {
        string best = RunSeeds.Best(folder);
        if (!File.Exists(Path.Combine(best, AdapterFile)) || RunManifest.Read(best) is not { Model: { } model } run)
            return null;
        if (run.Strategy == "head") return null;
        return run.Task is "embedding" or "causal-lm" or "text-to-text" || !FineTuningTasks.Names.Contains(run.Task, StringComparer.Ordinal)
            ? null
            : model.Sha256 ?? model.Path;
    }

    /// <summary>The task of a folder; null for a backbone, whose token states make vectors.</summary>
    private static string? TaskOf(string folder)
    {
        string best = RunSeeds.Best(folder);
        if (RunManifest.Read(best) is { } run && FineTuningTasks.Names.Contains(run.Task, StringComparer.Ordinal)) return run.Task;
        (string head, IReadOnlyList<string> labels, string? problem) = HeadOf(best);
        return
            head
                is HeadKinds.None
                    or HeadKinds.Embedding
                    or HeadKinds.MaskedLm
                    or HeadKinds.PreTraining
                    or HeadKinds.SpanBoundary
                    or HeadKinds.ReplacedTokens
            ? null
            : FineTuningTasks.Of(head, labels, problem)?.Name;
    }

    private static (string Head, IReadOnlyList<string> Labels, string? Problem) HeadOf(string folder)
    {
        if (ExportManifest.Exists(folder))
        {
            ExportManifest manifest = ExportManifest.Read(folder);
            return (manifest.Head, manifest.Labels, manifest.ProblemType);
        }

        try
        {
            ModelConfig config = PretrainedModel.ReadConfig(folder);
            return (
                config.Architecture is string name ? ModelHeads.KindOf(config, name) : HeadKinds.None,
                config.Labels,
                config.ProblemType
            );
        }
        catch (InputException)
        {
            // not libtorch's: static vectors, or a folder that the embedder refuses with its own words
            return (HeadKinds.Embedding, [], null);
        }
    }
}
