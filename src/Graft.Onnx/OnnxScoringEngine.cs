using System.Globalization;
using Graft.Backbones;
using Graft.Heads;
using Graft.Inference;
using Graft.Runs;
using Graft.Tasks;
using Microsoft.ML.OnnxRuntime;

namespace Graft.Onnx;

/// <summary>
/// Opens folders that <c>graft export</c> wrote, and scores with ONNX Runtime. A program that references this package finds it by itself;
/// nothing needs registering:
/// <code>
/// using Predictor predictor = Predictor.Load("exported");
/// Console.WriteLine(predictor.Predict("The soup was cold.").Answer);
/// </code>
/// </summary>
public sealed class OnnxScoringEngine : IScoringEngine
{
    private readonly OnnxOptions _options;

    /// <summary>An engine with the usual options.</summary>
    public OnnxScoringEngine()
        : this(new OnnxOptions())
    {
    }

    /// <summary>An engine with options of its own; register it with <see cref="ScoringEngines.Register"/>.</summary>
    /// <param name="options">Threads, batches.</param>
    /// <exception cref="InputException">An option is impossible.</exception>
    public OnnxScoringEngine(OnnxOptions options)
    {
        options.Validate();
        _options = options;
    }

    /// <inheritdoc/>
    public bool CanOpen(string folder) => ExportManifest.Exists(folder) || File.Exists(Path.Combine(folder, ExportManifest.ModelFile));

    /// <inheritdoc/>
    public IScorer Open(string folder, ScorerOptions options, Func<ScoredModel, FineTuningTask> bind)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(bind);
        OnnxOptions own = options.Compute switch
        {
            null => _options,
            OnnxOptions asked => asked,
            IComputeOptions other => throw new InputException(
                "compute",
                other.GetType().Name,
                $"{nameof(OnnxOptions)}: {folder} is computed by ONNX Runtime"
            ),
        };
        own.Validate();
        if (options.SameBits) own = own with { TokensABatch = 1 };
        ExportManifest manifest = ExportManifest.Read(folder);
        RequireAskedFor(folder, manifest, options);
        bind(Describe(manifest));
        manifest.RequireWhole(folder);
        if (manifest.Precision == "int8" && !Processors.MultipliesWholeNumbers()) own.Warn(Processors.Warning(folder));
        return OnnxScorer.Open(folder, manifest, Describe(manifest), own);
    }

    private static ScoredModel Describe(ExportManifest manifest) =>
        new(manifest.Architecture, manifest.Head, manifest.Labels)
        {
            ProblemType = manifest.ProblemType,
            PositionLimit = manifest.PositionLimit,
            Texts = new TextSettings
            {
                MaxLength = manifest.MaxLength,
                LowerCase = manifest.LowerCase,
                Prompts = manifest.Prompts,
                DefaultPrompt = manifest.DefaultPrompt,
                IncludesPrompt = manifest.IncludesPrompt,
            },
            VectorSize = manifest.VectorSize ?? manifest.HiddenSize,
            OutputActivation =
                Enum.TryParse(manifest.OutputActivation, out OutputActivation activation) && Enum.IsDefined(activation)
                    ? activation
                    : throw new InputException(
                        $"{ExportManifest.FileName} is damaged: \"output_activation\" is \"{manifest.OutputActivation}\""
                    ),
            ParameterCount = manifest.ParameterCount,
            Poolings = manifest.Poolings,
            Normalizes = manifest.Normalizes,
        };

    /// <summary>Head, pooling and normalisation are in the graph: others cannot be had of it.</summary>
    private static void RequireAskedFor(string folder, ExportManifest manifest, ScorerOptions options)
    {
        if (options.Head is string head && head != manifest.Head)
            throw new InputException(
                $"{folder} holds a graph of {manifest.Architecture} with the head {manifest.Head}, not {head}: ask the model that it "
                    + $"was exported from, or export that for the task"
            );
        if (options.Pooling is { } pooling && !manifest.Poolings.SequenceEqual([pooling]))
            throw new InputException(
                $"{folder}: its graph pools by {string.Join('+', manifest.Poolings)}, not {pooling}: export the model with that pooling"
            );
        if (options.Normalize is bool normalize && normalize != manifest.Normalizes)
            throw new InputException(
                $"{folder}: its graph {(manifest.Normalizes ? "brings vectors to length 1" : "leaves vectors as long as they are")}: "
                    + $"export the model anew for the other"
            );
    }
}

/// <summary>How exported models are run.</summary>
public sealed record OnnxOptions : IComputeOptions
{
    /// <summary>Batches that are computed at once, each on one thread.</summary>
    /// <value>The number of processors, or GRAFT_THREADS.</value>
    public int Threads { get; init; } = DefaultThreads();

    /// <summary>The most tokens of a batch, as if all its texts were as long as the longest.</summary>
    /// <value>512.</value>
    public int TokensABatch { get; init; } = 512;

    /// <summary>
    /// Files of 8 bits run batches too. Answers then depend a little (3e-2 of a vector's length) on what is asked beside them.
    /// </summary>
    /// <value>False: one text a run.</value>
    public bool BatchesInt8 { get; init; }

    /// <summary>Told what a person should know when a folder is opened.</summary>
    /// <value>Writes to the standard error.</value>
    public Action<string> Warn { get; init; } = Console.Error.WriteLine;

    /// <summary>Refuses impossible options.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        if (Threads is < 1 or > 1024) throw new InputException($"Threads is {Threads}; 1 to 1024 are possible");
        if (TokensABatch < 1) throw new InputException($"TokensABatch is {TokensABatch}; it must be at least 1");
    }

    private static int DefaultThreads()
    {
        string? text = Environment.GetEnvironmentVariable("GRAFT_THREADS");
        if (string.IsNullOrEmpty(text)) return Environment.ProcessorCount;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int threads) && threads is >= 1 and <= 1024 ? threads
            : throw new InputException($"GRAFT_THREADS={text}: a whole number from 1 to 1024 is allowed");
    }
}
