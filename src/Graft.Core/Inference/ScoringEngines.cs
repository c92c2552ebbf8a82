using Graft.Tasks;

namespace Graft.Inference;

/// <summary>
/// The engines of this process. A folder is opened by the engine that was registered last and can open it; where none can, by libtorch, which is found by name
/// when the program references the package Graft.
/// </summary>
public static class ScoringEngines
{
    private static readonly Lock s_lock = new();
    private static IScoringEngine[] s_engines = [];
    private static IScoringEngine? s_torch;

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
        IScoringEngine engine = Array.Find(s_engines, engine => engine.CanOpen(folder)) ?? Torch()
            ?? throw new InputException($"{folder}: this program has nothing that computes such a model; add the package Graft (libtorch), or register an engine (ScoringEngines.Register)");
        return engine.Open(folder, options, bind);
    }

    private static IScoringEngine? Torch()
    {
        if (s_torch is not null) return s_torch;

        // By name, because this assembly must not reference the one that loads libtorch; a constant, so that trimming and ahead-of-time compilation see it.
        Type? type = Type.GetType("Graft.Inference.TorchScoringEngine, Graft", throwOnError: false);
        return s_torch = type is null ? null : (IScoringEngine?)Activator.CreateInstance(type);
    }
}
