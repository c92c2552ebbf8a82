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

namespace Graft.Cli.Commands;

/// <summary><c>graft pretrain</c>: a model from a folder of text.</summary>
internal static class PretrainCommand
{
    public static Command Create()
    {
        Option<string> objective = new("--objective")
        {
            Description = "What is learned: mlm, mlm+nsp, mlm+sop, span, span+sbo, rtd, causal or span-corruption.",
            DefaultValueFactory = _ => "mlm",
        };
        Option<string> masking = new("--masking")
        {
            Description = "What is masked together: token, whole-word, n-gram or span.",
            DefaultValueFactory = _ => "token",
        };
        Option<string> maskCount = new("--mask-count")
        {
            Description = "How many tokens of a sequence are masked: exact (a fixed number by length) or bernoulli (each by chance).",
            DefaultValueFactory = _ => "exact",
        };
        Option<int> staticMasks = new("--static-masks")
        {
            Description = "How many different masks a sequence has; 0 for a new one each time.",
            DefaultValueFactory = _ => 0,
        };
        Option<double> maskShare = CommonFlags.MaskShare.WithDefault(0.15);
        Option<string?> modelConfig = new("--model-config")
        {
            Description =
                $"The config.json of a model to make, or the name of a shipped one: {string.Join(", ", ShippedConfigs.Names)}; "
                    + $"--init-from otherwise.",
        };
        Option<string?> initFrom = CommonFlags.InitFrom.Optional<string?>("continued pre-training; a new model otherwise");
        Option<string?> tokenizer = CommonFlags.Tokenizer.Optional<string?>("that of --init-from otherwise");
        Option<string[]> corpus = CommonFlags.Corpus();
        Option<string> output = CommonFlags.Output.Required<string>("the run folder", "RUN");
        Option<double> heldOut = CommonFlags.HeldOut();
        Option<int> heldOutSequences = new("--held-out-sequences")
        {
            Description = "How many held-out sequences are evaluated.",
            DefaultValueFactory = _ => 512,
        };
        Option<string> packing = new("--packing")
        {
            Description = "How sequences are filled: stream (full windows across documents) or documents (no document sees another).",
            DefaultValueFactory = _ => "stream",
        };
        Option<double?> average = new("--ema")
        {
            Description = "The decay of a moving average of the weights, which is then evaluated and saved; no average otherwise.",
        };
        Option<int?> extendVocabulary = new("--extend-vocabulary")
        {
            Description =
                "How many frequent whole words of the text to add to the vocabulary, with --init-from, their rows the mean of their "
                    + "old pieces; none otherwise.",
        };
        Option<bool> dryRun = new("--dry-run") { Description = "Print tokens, updates, hours and memory, and stop." };
        Option<bool> json = CommonFlags.Json("the final results as one document");
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
                    MaxLength = parsed.GetValue(training.MaxLength),
                    BatchSize = parsed.GetValue(training.BatchSize),
                    GradientAccumulation = parsed.GetValue(training.GradientAccumulation) ?? 1,
                    CutAtDocuments = parsed.GetRequiredValue(packing) switch
                    {
                        "stream" => false,
                        "documents" => true,
                        string other => throw new InputException($"--packing {other}: stream or documents"),
                    },
                    MovingAverage = parsed.GetValue(average),
                    HeldOutSequences = parsed.GetValue(heldOutSequences),
                    Training = processes.Join(parsed, training.Read(parsed, PretrainingOptions.UsualTraining())),
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
                    Dropout = parsed.GetValue(training.Dropout),
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
