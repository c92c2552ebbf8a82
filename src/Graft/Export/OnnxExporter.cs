using System.Text;
using Graft.Backbones;
using Graft.Graphs;
using Graft.Heads;
using Graft.Inference;
using Graft.Pretrained;
using Graft.Runs;
using Onnx;

namespace Graft.Export;

/// <summary>How a model is exported.</summary>
public sealed record OnnxExportOptions
{
    /// <summary>Which operators the graph may use.</summary>
    /// <value>Those of the standard: any runtime opens the file.</value>
    public OnnxGraph Graph { get; init; } = OnnxGraph.Portable;

    /// <summary>How numbers are stored and computed.</summary>
    /// <value>32 bits.</value>
    public OnnxPrecision Precision { get; init; } = OnnxPrecision.Fp32;

    /// <summary>Examples (of an embedding model: pairs with scores, or a .txt of texts) on which the loss of 8 bits is measured.</summary>
    /// <value>Null: the run's development data.</value>
    public string? Evaluation { get; init; }

    /// <summary>
    /// The most that 8 bits may cost, in the main metric (0.005 is half a point); layers stay in floating point until it holds.
    /// </summary>
    /// <value>0.005.</value>
    public double MaxLoss { get; init; } = 0.005;

    /// <summary>
    /// The weights in a file of their own, <c>model.onnx_data</c>, which ONNX Runtime maps into memory instead of copying it: programs
    /// start in about half the time and share the weights. Always so above 2 GB.
    /// </summary>
    /// <value>False: one file.</value>
    public bool ExternalData { get; init; }

    /// <summary>Refuses impossible options.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        if (!double.IsFinite(MaxLoss) || MaxLoss < 0) throw new InputException($"`max-loss` is {MaxLoss}; 0 or more is expected");
        if (Evaluation is not null && !File.Exists(Evaluation)) throw new InputException($"{Evaluation} does not exist");
    }
}

/// <summary>
/// Writes a model as an ONNX file in a complete folder: configuration, tokenizer, what a run decided (<c>graft.json</c>), and
/// <c>onnx.json</c>. <see cref="Inference.Predictor"/> and <see cref="Inference.Embedder"/> open it where the package Graft.Onnx is
/// referenced; ONNX Runtime in any language and optimum open it too.
/// <code>
/// ExportManifest written = OnnxExporter.Export("runs/reviews", "exported", new() { Precision = OnnxPrecision.Int8 });
/// </code>
/// </summary>
public static class OnnxExporter
{
    private const string ExampleFile = "example.cs";

    /// <summary>Exports a model.</summary>
    /// <param name="folder">A run folder or a published model folder; an adapter that changes weights (LoRA, IA3) is merged.</param>
    /// <param name="output">The folder to write; made where it is missing.</param>
    /// <param name="options">Graph, precision, what 8 bits may cost.</param>
    /// <param name="note">Told what a person should know.</param>
    /// <param name="cancellationToken">Stops between measurements.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="InputException">The folder is no model, or the model has no ONNX form; one line says why.</exception>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public static ExportManifest Export(
        string folder,
        string output,
        OnnxExportOptions? options = null,
        Action<string>? note = null,
        CancellationToken cancellationToken = default
    )
    {
        options ??= new OnnxExportOptions();
        options.Validate();
        folder = RunSeeds.Best(folder);
        if (ExportManifest.Exists(folder))
            throw new InputException($"{folder} is exported already: export the run or model that it was made of");
        StagedFolder.RequireFree(folder, output, ExportManifest.FileName);
        using PretrainedModel model = Load(folder, note);
        IReadOnlySet<string> nothing = new HashSet<string>(StringComparer.Ordinal);
        ModelProto graph = OnnxGraphs.Draw(model, options.Graph, options.Precision, nothing, out IReadOnlyList<string> layers);
        ExportManifest manifest = Describe(model, folder, options);
        return StagedFolder.Write(output, ExportManifest.FileName, [ExportManifest.DataFile], staged =>
        {
            WriteCompanions(model, folder, staged);
            if (options.Precision == OnnxPrecision.Int8)
                return InInt8(model, folder, staged, options, manifest, layers, note, cancellationToken);
            OnnxFile.Write(graph, staged, options.ExternalData);
            manifest.Write(staged);
            return manifest;
        });
    }

    private static ExportManifest InInt8(
        PretrainedModel model,
        string folder,
        string output,
        OnnxExportOptions options,
        ExportManifest manifest,
        IReadOnlyList<string> layers,
        Action<string>? note,
        CancellationToken cancellationToken
    )
    {
        void Write(IReadOnlyList<string> kept)
        {
            IReadOnlySet<string> names = kept.ToHashSet(StringComparer.Ordinal);
            ModelProto graph = OnnxGraphs.Draw(model, options.Graph, OnnxPrecision.Int8, names, out _);
            OnnxFile.Write(graph, output, options.ExternalData);
            (manifest with { KeptLayers = kept }).Write(output);
        }

        (ExportLoss loss, IReadOnlyList<string> kept) =
            new Quantization(model, folder, output, options, layers, Write, note).Run(cancellationToken);
        ExportManifest done = manifest with { Loss = loss, KeptLayers = kept };
        done.Write(output);
        return done;
    }

    /// <summary>Opens a model that answers, an adapter merged where it can be.</summary>
    internal static PretrainedModel Load(string folder, Action<string>? note)
    {
        PretrainedModel model = PretrainedModel.Load(folder);
        if (model.HeadKind == HeadKinds.None)
        {
            model.Dispose(); // a bare encoder gives vectors, as Embedder does
            model = PretrainedModel.Load(folder, new LoadOptions { Head = HeadKinds.Embedding });
        }

        try
        {
            if (model.Report.Missing.Count > 0)
                throw new InputException($"{folder} lacks {model.Report.Missing[0]}: it is not fine-tuned; run graft finetune first");
            if (model.Adapter is { Strategy: { CanMerge: true } strategy })
            {
                model.Merge();
                note?.Invoke($"its {strategy.Name} adapter is merged into the weights");
            }

            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static void WriteCompanions(PretrainedModel model, string folder, string output)
    {
        PretrainedModel.SaveConfig(model.Config, model.HeadKind, output);
        if (model.TokenizerFolder is string tokenizer) CompanionFiles.Copy(tokenizer, output);
        else model.Tokenizer.Save(output);
        CopyRecord(folder, output);
        AtomicFile.WriteText(Path.Combine(output, ExampleFile), Example(model.HeadKind == HeadKinds.Embedding ? "Embed" : "Predict"));
    }

    /// <summary>Puts what a run decided beside an exported model.</summary>
    internal static void CopyRecord(string folder, string output)
    {
        string run = Path.Combine(folder, RunManifest.FileName);
        if (RunManifest.Read(folder) is not null) AtomicFile.WriteBytes(Path.Combine(output, RunManifest.FileName), File.ReadAllBytes(run));
    }

    private static ExportManifest Describe(PretrainedModel model, string folder, OnnxExportOptions options)
    {
        EmbeddingHead? vectors = model.Head as EmbeddingHead;
        TextSettings texts = vectors is null ? new() : SentenceTransformersLayout.Settings(folder);
        return new(
            model.Config.Architecture ?? model.Config.ModelType,
            model.HeadKind,
            model.HeadKind == HeadKinds.Embedding ? [] : model.Config.Labels
        )
        {
            ProblemType = model.Config.ProblemType,
            Graph = Lower(options.Graph),
            Precision = Lower(options.Precision),
            PositionLimit = model.Backbone.PositionLimit,
            MaxLength = texts.MaxLength,
            LowerCase = texts.LowerCase,
            Prompts = texts.Prompts,
            DefaultPrompt = texts.DefaultPrompt,
            IncludesPrompt = vectors is null || SentenceTransformersLayout.IncludesPromptIn(folder),
            OutputActivation = model.Config.OutputActivation.ToString(),
            PadTokenId = model.Config.PadTokenId ?? 0,
            HiddenSize = model.Backbone.HiddenSize,
            ParameterCount = model.ParameterCount,
            Poolings = vectors?.Poolings ?? [],
            VectorSize = vectors?.WidthOn(model.Backbone.HiddenSize),
            Normalizes = vectors?.Normalizes ?? false,
            OneTextARun = options.Precision == OnnxPrecision.Int8,
        };
    }

    private static string Lower<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string Example(string name)
    {
        using Stream stream = typeof(OnnxExporter).Assembly.GetManifestResourceStream($"Graft.Export.Examples.{name}.cs")!;
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
