using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Graft.Backbones;
using Graft.Corpus;
using Graft.Distributed;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining.Objectives;
using Graft.Runs;
using Graft.Tokenizers;
using Graft.Torch.Compute;
using Graft.Torch.Measurement;
using Graft.Training;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Graft.Pretraining;

/// <summary>
/// Everything around a pre-training run: opens or builds the corpus, makes or loads the model, refuses folders that are in use, writes
/// <c>graft.json</c>, <c>metrics.jsonl</c> and <c>metrics.json</c>.
/// </summary>
/// <param name="options">How the run goes.</param>
/// <param name="modelConfig">A configuration to make a model of: a path or a shipped name.</param>
/// <param name="initFrom">A model folder to go on from.</param>
/// <param name="tokenizer">The tokenizer; null for that of <paramref name="initFrom"/>.</param>
/// <param name="corpus">A built corpus, or text.</param>
/// <param name="output">The run folder.</param>
public sealed class PretrainingJob(
    PretrainingOptions options, string? modelConfig, string? initFrom, string? tokenizer, IReadOnlyList<string> corpus, string output)
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    private const double UsualHeldOutShare = 0.02;

    private PretrainingResolution? _resolution;

    // What changes no bit of the result; values are compared with the options, not with their reasons.
    private static readonly string[] s_unimportant =
    [
        "graft",
        "command_line",
        "resolved",
        "checkpoint_every",
        "checkpoint_every_steps",
        "keep_checkpoints",
        "gradient_checkpointing",
    ];

    /// <summary>A teacher to follow.</summary>
    /// <value>Null: none.</value>
    public TeacherOptions? Teacher { get; init; }

    /// <summary>New whole words for the vocabulary of <c>initFrom</c>, taken from the text.</summary>
    /// <value>Null: the vocabulary stays.</value>
    public int? ExtendVocabulary { get; init; }

    /// <summary>Share of documents held out where text is given.</summary>
    /// <value>0.02.</value>
    public double HeldOutShare { get; init; } = UsualHeldOutShare;

    /// <summary>Dropout of the model.</summary>
    /// <value>Null: none, and 0.1 for a student.</value>
    public double? Dropout { get; init; }

    /// <summary>Go on from the newest checkpoint.</summary>
    public bool Resume { get; init; }

    /// <summary>Replace an existing run.</summary>
    public bool Overwrite { get; init; }

    /// <summary>Only say what it would cost.</summary>
    public bool DryRun { get; init; }

    /// <summary>What the user typed, for the record.</summary>
    public string? CommandLine { get; init; }

    private PretrainingResolution Resolution => _resolution ??= PretrainingResolution.Of(options, Dropout, Teacher is not null);

    private readonly IProcessGroup _processes = options.Training.Processes ?? SingleProcess.Instance;

    /// <summary>Rank 0 alone writes and logs.</summary>
    private bool IsFirst => _processes.Rank == 0;

    private string DonePath => Path.Combine(output, "metrics.json");

    /// <summary>Runs it.</summary>
    /// <param name="logger">Takes lines for people.</param>
    /// <param name="cancellationToken">A checkpoint is written first.</param>
    /// <returns>The results on held-out text; empty for a dry run.</returns>
    /// <exception cref="InputException">Something given cannot be used.</exception>
    /// <exception cref="RunFailedException">The run cannot be finished.</exception>
    public IReadOnlyList<TermResult> Run(ILogger? logger = null, CancellationToken cancellationToken = default)
    {
        if (logger is null || !IsFirst) logger = NullLogger.Instance;
        StartingModels models = new(Resolution.Options, modelConfig, initFrom, Teacher, Resolution.Dropout.Value);
        models.RequireOne();
        ComputeContext compute = options.Training.Compute ?? ComputeContext.Current;
        if (Resume) compute = ContinuedCompute.Of(output, compute);
        compute = _processes.Agree(compute);
        using ComputeScope computing = compute.Enter();
        TextCodec codec = new(
            Tokenizer.Load(
                tokenizer
                    ?? initFrom
                    ?? Teacher?.Folder
                    ?? throw new InputException("`tokenizer` is missing: name the tokenizer of the new model")
            )
        );
        if (!DryRun && _processes.OfFirst(IsFirst && !PrepareFolder(logger) ? 1 : 0) == 1)
            return [];
        VocabularyExtension? extension = null;
        int firstNewId = codec.VocabularySize;
        if (ExtendVocabulary is int words)
        {
            extension = FindNewWords(codec, words, logger);
            codec = new TextCodec(extension.Save(codec.Tokenizer, Path.Combine(output, "tokenizer")));
        }

        string corpusFolder = CorpusFor(codec, logger, cancellationToken);
        try
        {
            using CorpusFolder text = CorpusFolder.Open(corpusFolder);
            bool sameTokens = Teacher is not null && new TextCodec(Tokenizer.Load(Teacher.Folder)).Fingerprint == codec.Fingerprint;
            using PretrainedModel? teacher = models.LoadTeacher(sameTokens);
            using PretrainedModel given = models.Make(codec, teacher, logger);
            using PretrainedModel? extended = extension?.Extend(given, firstNewId);
            PretrainedModel model = extended ?? given;
            using PretrainedModel? generator = models.MakeGenerator(model);
            PretrainingObjective objective = teacher is null
                ? PretrainingObjectives.Create(Resolution.Options, codec, generator)
                : models.FollowTeacher(teacher, model, codec, sameTokens);
            using IDisposable? held = objective as IDisposable;
            using PretrainingRun run = new(
                model,
                codec,
                text,
                Resolution.Options with
                {
                    Training = Resolution.Options.Training with { Compute = compute },
                },
                DryRun ? null : output,
                objective
            );
            Resolution.Tell(logger);
            foreach (string unused in Unused(run, objective)) logger.Tell(unused);
            foreach (string line in run.Plan(measure: true).Lines())
                logger.Tell(line);
            if (_processes.Size > 1)
            {
                logger.Tell($"ranks      {_processes.Description}");
                foreach (string line in _processes.Tell(run.Share())) logger.Tell(line);
            }

            return DryRun ? [] : Train(run, codec, text, logger, cancellationToken);
        }
        finally
        {
            if (DryRun && !corpus.Contains(corpusFolder, StringComparer.Ordinal)) Directory.Delete(corpusFolder, recursive: true);
        }
    }

    /// <summary>The same beside the caller, on a thread of its own.</summary>
    /// <inheritdoc cref="Run"/>
    public Task<IReadOnlyList<TermResult>> RunAsync(ILogger? logger = null, CancellationToken cancellationToken = default) =>
        ComputeThread.RunAsync(() => Run(logger, cancellationToken), cancellationToken);

    private IReadOnlyList<TermResult> Train(
        PretrainingRun run,
        TextCodec codec,
        CorpusFolder text,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        JsonObject record = Record(text);
        StartCheck.Require(
            _processes,
            [
                ("version", (string?)record["graft"] ?? ""),
                ("options", record["options"]!.ToJsonString()),
                ("dropout", record["dropout"]!.ToJsonString()),
                ("tokenizer", codec.Fingerprint),
                ("corpus", record["corpus"]!.ToJsonString()),
                ("matrix library", $"{ComputeContext.Current.ResolvedLibrary}"),
            ]
        );
        if (!IsFirst)
            return run.Execute(Resume, [], cancellationToken);
        if (Resume)
            RunManifest.RequirePretrainingContinues(output, record, s_unimportant);
        codec.Tokenizer.Save(output);
        RunManifest.WritePretraining(output, record);
        PretrainingLog observer = new(new MetricsLog(output), logger, run.FlopsPerToken, PeakRate.Measure().Gflops);
        IReadOnlyList<TermResult> results = run.Execute(Resume, [observer], cancellationToken);
        AtomicFile.WriteText(
            DonePath,
            JsonSerializer.Serialize(new { metrics = results.Count > 0 ? PretrainingRun.Metrics(results) : null }, s_json)
        );
        logger.Tell($"written to {output}");
        return results;
    }

    /// <summary>False where the run is finished already.</summary>
    private bool PrepareFolder(ILogger logger)
    {
        bool isRun = RunManifest.Exists(output) || Directory.Exists(Path.Combine(output, "checkpoints"));
        if (isRun && Resume && File.Exists(DonePath))
        {
            logger.Tell($"{output} is finished");
            return false;
        }

        if (isRun && Overwrite && !Resume)
        {
            Directory.Delete(output, recursive: true);
            return true;
        }

        // A run that was refused after its text was read leaves the corpus: the next attempt goes on with it.
        bool isFree =
            !Directory.Exists(output)
            || Directory.EnumerateFileSystemEntries(output).All(entry => Path.GetFileName(entry) is "corpus" or "tokenizer");
        if (Resume || isFree)
            return true;
        throw new InputException(
            isRun
                ? $"{output} holds a run already: `resume` goes on with it, `overwrite` replaces it"
                : $"{output} is not empty and holds no run: choose another folder"
        );
    }

    private string CorpusFor(TextCodec codec, ILogger logger, CancellationToken cancellationToken)
    {
        if (corpus.Count == 1 && CorpusFolder.IsCorpus(corpus[0])) return corpus[0];
        if (DryRun)
        {
            string passing = Path.Combine(Path.GetTempPath(), "graft-dry-run-" + Path.GetRandomFileName());
            Build(passing, codec, SingleProcess.Instance, logger, cancellationToken);
            return passing;
        }

        string folder = Path.Combine(output, "corpus");
        if (_processes.OfFirst(CorpusFolder.IsCorpus(folder) ? 1 : 0) == 0)
            Build(folder, codec, _processes, logger, cancellationToken);
        return folder;
    }

    private void Build(string folder, TextCodec codec, IProcessGroup processes, ILogger logger, CancellationToken cancellationToken)
    {
        CorpusOptions build = new()
        {
            Sources = [.. corpus.Select(CorpusSource.Parse)],
            Filter = TextFilter.None,
            RemoveDuplicates = false,
            HeldOutShare = HeldOutShare,
            Seed = (long)options.Training.Seed,
        };
        CorpusManifest manifest = new CorpusBuilder(build, codec, folder, processes).Build(cancellationToken: cancellationToken);
        if (manifest.Total(heldOut: false).Documents == 0 && manifest.Total(heldOut: true).Documents > 0)
        {
            // A handful of documents: the draw that picks the held-out ones may have taken them all.
            if (processes.Rank == 0) Directory.Delete(folder, recursive: true);
            build = build with { HeldOutShare = 0 };
            manifest = new CorpusBuilder(build, codec, folder, processes).Build(cancellationToken: cancellationToken);
        }

        if (manifest.Total(heldOut: true).Documents == 0)
            logger.Tell("no document is held out: the text has too few (blank lines separate documents)");
    }

    private VocabularyExtension FindNewWords(TextCodec codec, int words, ILogger logger)
    {
        if (_processes.Size > 1)
            throw new InputException(
                "`extend-vocabulary` is done by one process: make the longer vocabulary without mpirun (`steps` 1), and go on from "
                    + "that model with `init-from`"
            );
        if (initFrom is null || DryRun)
            throw new InputException("`extend-vocabulary` goes with `init-from`, and not with `dry-run`");
        if (corpus.Any(CorpusFolder.IsCorpus))
            throw new InputException("`extend-vocabulary` needs the text itself: a built corpus is tokenized already");
        VocabularyExtension extension = VocabularyExtension.Find(codec.Tokenizer, [.. corpus.Select(CorpusSource.Parse)], words);
        logger.Tell(
            string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"vocabulary {extension.Words.Count} new words: {string.Join(", ", extension.Words.Take(8))} …"
            )
        );
        return extension;
    }

    /// <summary>What was given and changes nothing in this run.</summary>
    private IEnumerable<string> Unused(PretrainingRun run, PretrainingObjective objective)
    {
        foreach (string line in UnusedPretrainingOptions.Of(options, Teacher, objective)) yield return line;
        if (HeldOutShare != UsualHeldOutShare && corpus.Count == 1 && CorpusFolder.IsCorpus(corpus[0]))
            yield return UnusedPretrainingOptions.Line("held-out", HeldOutShare, "the corpus is built already");
        if (run.HasHeldOut) yield break;
        if (options.Training.EarlyStopping is int patience)
            yield return UnusedPretrainingOptions.Line("early-stopping", patience, "no text is held out");
        if (options.Training.Keep == KeepWeights.Best)
            yield return UnusedPretrainingOptions.Line("keep", "best", "no text is held out");
    }

    private JsonObject Record(CorpusFolder text) => new()
    {
        ["graft"] = typeof(PretrainingJob).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion,
        ["command_line"] = CommandLine,
        ["options"] = RecordOfOptions(),
        ["model_config"] = modelConfig,
        ["init_from"] = initFrom,
        ["teacher"] = Teacher is null ? null : JsonSerializer.SerializeToNode(Teacher, s_json),
        ["tokenizer"] = text.Manifest.Tokenizer,
        ["resolved"] = Resolution.ToJson(),
        ["dropout"] = Resolution.Dropout.Value,
        ["matrix_product"] = ComputeContext.Current.ResolvedLibrary.ToString(),
        ["corpus"] = JsonNode.Parse(text.Manifest.ToJson()),
    };

    /// <summary>The options; of the compute context the precision, which decides the bits of every update.</summary>
    private JsonObject RecordOfOptions()
    {
        JsonObject record = JsonSerializer.SerializeToNode(Resolution.Options, s_json)!.AsObject();
        record[Key(nameof(options.Objective))] = PretrainingObjectives.Find(options.Objective).Recorded ?? options.Objective;
        record[Key(nameof(options.Training))]![Key(nameof(ComputeContext.Precision))] = JsonSerializer.SerializeToNode(
            ComputeContext.Current.Precision,
            s_json
        );
        return record;

        static string Key(string name) => s_json.PropertyNamingPolicy?.ConvertName(name) ?? name;
    }
}
