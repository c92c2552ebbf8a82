using Graft.Backbones;
using Graft.Inference;
using Graft.Pretrained;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tokenizers;

namespace Graft.Serving.Models;

/// <summary>Opens a folder as what it is: a model of vectors, of a task, or one that writes.</summary>
internal static class ModelLoader
{
    /// <exception cref="InputException">The folder is missing or damaged, or no engine of this program opens it.</exception>
    public static ServedModel Open(ModelSource source, ServingOptions options)
    {
        string? task = TaskOf(source.Folder);
        switch (task)
        {
            case null or "embedding":
                return new EmbeddingModel(source.Name, Embedder.Load(source.Folder));
            case "causal-lm" or "text-to-text":
                TextGenerator generator = TextGenerator.Load(source.Folder);
                try
                {
                    return new WritingModel(source.Name, source.Folder, task, generator, generator.Tokenizer, options.MaxTextTokens);
                }
                catch
                {
                    generator.Dispose();
                    throw;
                }

            default:
                return new PredictingModel(source.Name, Predictor.Load(source.Folder), options.MaxTextTokens);
        }
    }

    /// <summary>The task of a folder; null for a backbone, whose token states make vectors.</summary>
    private static string? TaskOf(string folder)
    {
        string best = RunSeeds.Best(folder);
        if (RunManifest.Read(best) is { } run && FineTuningTasks.Names.Contains(run.Task, StringComparer.Ordinal)) return run.Task;
        (HeadKind head, IReadOnlyList<string> labels, string? problem) = HeadOf(best);
        return head is HeadKind.None or HeadKind.Embedding or HeadKind.MaskedLm or HeadKind.PreTraining or HeadKind.SpanBoundary or HeadKind.ReplacedTokens
            ? null
            : FineTuningTasks.Of(head, labels, problem)?.Name;
    }

    private static (HeadKind Head, IReadOnlyList<string> Labels, string? Problem) HeadOf(string folder)
    {
        if (ExportManifest.Exists(folder))
        {
            ExportManifest manifest = ExportManifest.Read(folder);
            return (manifest.Head, manifest.Labels, manifest.ProblemType);
        }

        ModelConfig config = PretrainedModel.ReadConfig(folder);
        return (config.Architecture is string name ? ModelFamilies.HeadOf(config, name) : HeadKind.None, config.Labels, config.ProblemType);
    }
}
