using Graft.Backbones;
using Graft.Generation;
using Graft.Heads;
using Graft.Tasks;
using Graft.Tokenizers;

namespace Graft.Inference;

/// <summary>
/// Features in, raw scores out: what computes, whatever computes it. Decoding, windows, thresholds and calibration are the task's and exist
/// once.
/// What a feature scores does not depend on its neighbours. Safe to use from several threads; released by its owner.
/// </summary>
public interface IScorer : IDisposable
{
    /// <summary>What is known of the model behind it.</summary>
    ScoredModel Model { get; }

    /// <summary>The tokenizer that the model was trained with.</summary>
    /// <exception cref="InputException">The model's folder has none, or it is damaged.</exception>
    Tokenizer Tokenizer { get; }

    /// <summary>The scores of each feature, in their order.</summary>
    /// <param name="features">Windows of examples: ids, segments, and how many sequences they are.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    FeatureScores[] Score(IReadOnlyList<Feature> features, CancellationToken cancellationToken = default);

    /// <summary>Whether <see cref="TokenStates"/> has an answer.</summary>
    /// <value>False, unless a scorer says otherwise.</value>
    bool HasTokenStates => false;

    /// <summary>
    /// The states of each feature's tokens, which a model of vectors pools: a row a token, as wide as the backbone's states.
    /// </summary>
    /// <param name="features">Windows of examples.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="InputException">The scorer has none.</exception>
    FeatureScores[] TokenStates(IReadOnlyList<Feature> features, CancellationToken cancellationToken = default) =>
        throw new InputException($"{Model.Name}: this engine gives vectors of texts, and none of their tokens");
}

/// <summary>What a model's files say of it: enough to know its task.</summary>
/// <param name="Name">The class or family, for messages: BertForSequenceClassification.</param>
/// <param name="Head">What stands on its backbone.</param>
/// <param name="Labels">The labels in the order of its scores.</param>
public sealed record ScoredModel(string Name, string Head, IReadOnlyList<string> Labels)
{
    /// <summary>The configuration's <c>problem_type</c>; null where it does not say.</summary>
    public string? ProblemType { get; init; }

    /// <summary>The longest text it can read, in tokens; null where nothing bounds it.</summary>
    public int? PositionLimit { get; init; }

    /// <summary>What its sentence-transformers files say of texts.</summary>
    public TextSettings Texts { get; init; } = new();

    /// <summary>Values in a text's vector.</summary>
    public int VectorSize { get; init; }

    /// <summary>What scores of numbers go through.</summary>
    public OutputActivation OutputActivation { get; init; }

    /// <summary>How it writes by its own files; null where it does not write.</summary>
    public GenerationOptions? Generation { get; init; }

    /// <summary>Lines about keys of its files that are not followed or not known.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The number of its parameters.</summary>
    public long ParameterCount { get; init; }

    /// <summary>Which token states make a text's vector, in the order in which they are joined; empty where the head makes none.</summary>
    public IReadOnlyList<EmbeddingPooling> Poolings { get; init; } = [];

    /// <summary>Whether vectors have length 1.</summary>
    public bool Normalizes { get; init; }

    /// <summary>Parameters that its files lack, which are randomly initialised instead.</summary>
    public IReadOnlyList<string> MissingParameters { get; init; } = [];
}

/// <summary>What is asked of a model when it is opened; what is null is as its folder says.</summary>
public sealed record ScorerOptions
{
    /// <summary>The head.</summary>
    public string? Head { get; init; }

    /// <summary>Which token states make a text's vector.</summary>
    public EmbeddingPooling? Pooling { get; init; }

    /// <summary>Whether vectors are brought to length 1.</summary>
    public bool? Normalize { get; init; }

    /// <summary>How it computes; an engine refuses what is another's.</summary>
    public IComputeOptions? Compute { get; init; }

    /// <summary>
    /// Whether a feature's scores should have the same bits whatever is scored beside it; they are the same to rounding otherwise (1e-6).
    /// libtorch's products then have at least sixteen rows, and ONNX Runtime runs one text at a time.
    /// </summary>
    public bool SameBits { get; init; }
}

/// <summary>What opens models of a kind: libtorch, ONNX Runtime, a table of word counts.</summary>
public interface IScoringEngine
{
    /// <summary>Whether a folder is for this engine.</summary>
    bool CanOpen(string folder);

    /// <summary>Opens a model.</summary>
    /// <param name="folder">A run folder or a published model folder.</param>
    /// <param name="options">What is asked of it.</param>
    /// <param name="bind">Given what the files say, the task whose features it will score; may refuse.</param>
    /// <exception cref="InputException">The folder is missing or damaged, or was refused; nothing stays open.</exception>
    IScorer Open(string folder, ScorerOptions options, Func<ScoredModel, FineTuningTask> bind);
}
