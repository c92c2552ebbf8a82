using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Corpus;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining;
using Graft.Pretraining.Objectives;
using Graft.Tokenizers;
using Graft.Torch.Optimizers;
using Graft.Training;

namespace Graft.Cli.Commands;

/// <summary><c>graft pretrain</c>: a model from a folder of text.</summary>
internal static class PretrainCommand
{
    public static Command Create()
    {
        Option<string> objective = new("--objective")
        {
            Description = "mlm, mlm+nsp, mlm+sop, span, span+sbo, rtd, causal or span-corruption.",
            DefaultValueFactory = _ => "mlm",
        };
        Option<string> masking = new("--masking")
        {
            Description = "token, whole-word, n-gram or span.",
            DefaultValueFactory = _ => "token",
        };
        Option<string> maskCount = new("--mask-count")
        {
            Description = "exact (a fixed number by length) or bernoulli.",
            DefaultValueFactory = _ => "exact",
        };
        Option<int> staticMasks = new("--static-masks")
        {
            Description = "0: new masks each time; otherwise so many different masks a sequence.",
            DefaultValueFactory = _ => 0,
        };
        Option<double> maskShare = new("--mask-share")
        {
            Description = "Share of tokens that are masked.",
            DefaultValueFactory = _ => 0.15,
        };
        Option<string?> modelConfig = new("--model-config")
        {
            Description = "config.json of a model to make, or the name of a shipped one: " + string.Join(", ", ShippedConfigs.Names) + ".",
        };
        Option<string?> initFrom = new("--init-from") { Description = "Model folder to go on from (continued pre-training)." };
        Option<string?> tokenizer = new("--tokenizer") { Description = "Tokenizer folder or file; --init-from's where it is not given." };
        Option<string[]> corpus = CommonFlags.Corpus();
        Option<string> output = new("--output") { Description = "Run folder.", Required = true };
        Option<double> heldOut = CommonFlags.HeldOut();
        Option<int> heldOutSequences = new("--held-out-sequences")
        {
            Description = "Held-out sequences that are evaluated.",
            DefaultValueFactory = _ => 512,
        };
        Option<string> packing = new("--packing")
        {
            Description = "stream (full windows across documents) or documents (no document sees another).",
            DefaultValueFactory = _ => "stream",
        };
        Option<double?> average = new("--ema")
        {
            Description = "Decay of a moving average of the weights, which is then evaluated and saved.",
        };
        Option<int?> extendVocabulary = new("--extend-vocabulary")
        {
            Description = "With --init-from: add so many frequent whole words of the text, their rows the mean of their old pieces.",
        };
        Option<bool> dryRun = new("--dry-run") { Description = "Print tokens, updates, hours and memory, and stop." };
        Option<bool> json = CommonFlags.Json("Print the final results as one JSON document.");
        TrainingFlags training = new();
        ProcessFlags processes = new();
        Command command = new("pretrain", "Pre-train a model on text.")
        {
            objective,
            masking,
            maskCount,
            staticMasks,
            maskShare,
            modelConfig,
            initFrom,
            tokenizer,
            corpus,
            output,
            heldOut,
            heldOutSequences,
            packing,
            average,
            extendVocabulary,
            dryRun,
            json,
        };
        training.AddTo(command);
        processes.AddTo(command);
        command.SetAction(
            (parsed, cancellationToken) =>
            {
                PretrainingOptions options = new()
                {
                    Objective = ObjectiveOf(parsed.GetRequiredValue(objective), parsed.GetRequiredValue(masking)),
                    Masking = new MaskedLmOptions
                    {
                        Share = parsed.GetValue(maskShare),
                        Unit = UnitOf(parsed.GetRequiredValue(masking)),
                        Count = parsed.GetRequiredValue(maskCount) switch
                        {
                            "exact" => MaskCount.Exact,
                            "bernoulli" => MaskCount.Bernoulli,
                            string other => throw new InputException($"--mask-count {other}: exact or bernoulli"),
                        },
                        StaticCopies = parsed.GetValue(staticMasks),
                    },
                    SpanMasking = new SpanMaskingOptions { Share = parsed.GetValue(maskShare) },
                    SpanCorruption = new SpanCorruptionOptions { Share = parsed.GetValue(maskShare) },
                    MaxLength = parsed.GetValue(training.MaxLength) ?? 128,
                    BatchSize = parsed.GetValue(training.BatchSize) ?? 32,
                    GradientAccumulation = parsed.GetValue(training.GradientAccumulation) ?? 1,
                    CutAtDocuments = parsed.GetRequiredValue(packing) switch
                    {
                        "stream" => false,
                        "documents" => true,
                        string other => throw new InputException($"--packing {other}: stream or documents"),
                    },
                    MovingAverage = parsed.GetValue(average),
                    HeldOutSequences = parsed.GetValue(heldOutSequences),
                    Training = processes.Join(parsed, training.Read(parsed, Recipe)),
                };
                options.Validate();
                PretrainingJob job = new(
                    options,
                    parsed.GetValue(modelConfig),
                    parsed.GetValue(initFrom) is string start ? ModelFlag.Locate(start) : null,
                    parsed.GetValue(tokenizer),
                    parsed.GetRequiredValue(corpus),
                    parsed.GetRequiredValue(output)
                )
                {
                    ExtendVocabulary = parsed.GetValue(extendVocabulary),
                    HeldOutShare = parsed.GetValue(heldOut),
                    Dropout = parsed.GetValue(training.Dropout) ?? 0,
                    Resume = parsed.GetValue(training.Resume),
                    Overwrite = parsed.GetValue(training.Overwrite),
                    DryRun = parsed.GetValue(dryRun),
                    CommandLine = "graft " + string.Join(' ', Environment.GetCommandLineArgs().Skip(1)),
                };
                IReadOnlyList<TermResult> results = job.Run(Terminal.Logger, cancellationToken);
                if (options.Training.Processes is { Rank: > 0 })
                    return System.Threading.Tasks.Task.FromResult(ExitCodes.Ok);
                if (parsed.GetValue(json))
                    Terminal.Json(Results(results));
                else
                    foreach (TermResult term in results)
                        Terminal.Out(Describe(term));
                return System.Threading.Tasks.Task.FromResult(ExitCodes.Ok);
            }
        );
        return command;
    }

    /// <summary>The small recipe's optimizer: what is not given by flags.</summary>
    private static TrainingOptions Recipe => new()
    {
        LearningRate = 1.5e-3,
        Schedule = new Schedule { Warmup = 0.03 },
        Optimizer = new AdamWOptions { Beta2 = 0.98, Epsilon = 1e-6 },
        EvaluateEvery = 500,
        CheckpointEvery = TimeSpan.FromMinutes(5),
    };

    private static string ObjectiveOf(string objective, string masking) => (objective, masking) switch
    {
        ("mlm", "span") => "span",
        ("span" or "span+sbo", "span") or (_, "token" or "whole-word" or "n-gram") => objective,
        _ when !PretrainingObjectives.Names.Contains(objective, StringComparer.Ordinal) => objective, // refused with the other options
        _ => throw new InputException($"--objective {objective} does not go with --masking {masking}"),
    };

    private static MaskingUnit UnitOf(string masking) => masking switch
    {
        "token" or "span" => MaskingUnit.Token,
        "whole-word" => MaskingUnit.WholeWord,
        "n-gram" => MaskingUnit.NGram,
        _ => throw new InputException($"--masking {masking}: token, whole-word, n-gram or span"),
    };

    private static string Describe(TermResult term) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{term.Name}: held-out loss {term.Loss:F4}, accuracy {100 * term.Accuracy:F2} %, perplexity {term.Perplexity:F2} over "
                + $"{term.Items:N0}"
        );

    private static JsonObject Results(IReadOnlyList<TermResult> results)
    {
        JsonObject metrics = [];
        foreach (TermResult term in results)
            metrics[term.Name] = new JsonObject
            {
                ["loss"] = term.Loss,
                ["accuracy"] = term.Accuracy,
                ["perplexity"] = term.Perplexity,
                ["items"] = term.Items,
            };
        return new JsonObject { ["metrics"] = metrics };
    }
}
