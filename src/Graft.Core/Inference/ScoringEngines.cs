using Graft.Runs;
using Graft.Tasks;

namespace Graft.Inference;

/// <summary>
/// The engines of this process. A folder is opened by the engine that was registered last and can open it; where none can, by ONNX Runtime
/// (exported folders) or libtorch, which are found by name when the program references the package Graft.Onnx or Graft.
/// </summary>
public static class ScoringEngines
{
    private static readonly Lock s_lock = new();
    // need no native library
    private static readonly IScoringEngine[] s_own = [new WordCounts.WordCountEngine(), new StaticVectors.StaticVectorEngine()];
    private static IScoringEngine[] s_engines = [];
    private static IScoringEngine? s_torch, s_onnx;

    /// <summary>Adds an engine; it is asked before those that were registered earlier.</summary>
    public static void Register(IScoringEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        lock (s_lock) s_engines = [engine, .. s_engines];
    }

    /// <summary>Opens a model with the engine that its folder needs.</summary>
    /// <param name="folder">A run folder or a published model folder.</param>
    /// <param name="options">What is asked of the model.</param>
    /// <param name="bind">Given what the files say, the task whose features it will score; may refuse.</param>
    /// <exception cref="InputException">The folder is missing or damaged, was refused, or no engine of this program opens it.</exception>
    public static IScorer Open(string folder, ScorerOptions options, Func<ScoredModel, FineTuningTask> bind)
    {
        IScoringEngine engine = Array.Find(s_engines, engine => engine.CanOpen(folder))
            ?? Array.Find(s_own, engine => engine.CanOpen(folder))
            ?? ByName(folder)
            ?? throw new InputException(
                $"{folder}: this program has nothing that computes such a model; add the package "
                    + $"{(ExportManifest.Exists(folder) ? "Graft.Onnx" : "Graft (libtorch)")}, or register an engine "
                    + $"(ScoringEngines.Register)"
            );
        return engine.Open(folder, options, bind);
    }

    private static IScoringEngine? ByName(string folder)
    {
        // By name, because this assembly must not reference those that load native libraries; constants, so that trimming and ahead-of-time
        // compilation see them.
        // Only the assembly that is needed is loaded; libtorch opens no graphs.
        if (ExportManifest.Exists(folder) || File.Exists(Path.Combine(folder, ExportManifest.ModelFile)))
        {
            s_onnx ??= Create(Type.GetType("Graft.Onnx.OnnxScoringEngine, Graft.Onnx", throwOnError: false));
            if (s_onnx is not null || ExportManifest.Exists(folder)) return s_onnx;
        }

        return s_torch ??= Create(Type.GetType("Graft.Inference.TorchScoringEngine, Graft", throwOnError: false));
    }

    private static IScoringEngine? Create(
        [System.Diagnostics.CodeAnalysis.DynamicallyAccessedMembers(
            System.Diagnostics.CodeAnalysis.DynamicallyAccessedMemberTypes.PublicParameterlessConstructor
        )]
            Type? type
    ) => type is null ? null : (IScoringEngine?)Activator.CreateInstance(type);
}
