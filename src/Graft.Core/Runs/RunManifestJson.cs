using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Tasks;

namespace Graft.Runs;

/// <summary>The keys of <c>graft.json</c>. What an older version did not write has its default.</summary>
internal static class RunManifestJson
{
    public static JsonObject Write(RunManifest run)
    {
        JsonObject json = WriteRun(run);
        if (run.Choice is null) return json;
        foreach ((string key, JsonNode? value) in Write(run.Choice)) json[key] = value?.DeepClone();
        return json;
    }

    /// <summary>The keys of an automatic choice, in a run's record and alone.</summary>
    public static JsonObject Write(RunChoice choice) =>
        new()
        {
            ["winner"] = choice.Winner,
            ["candidates"] = new JsonArray([
                .. choice.Candidates.Select(candidate =>
                    (JsonNode?)
                        new JsonObject
                        {
                            ["name"] = candidate.Name,
                            ["score"] = candidate.Score,
                            ["low"] = candidate.Low,
                            ["high"] = candidate.High,
                            ["seconds"] = candidate.Seconds,
                            ["status"] = candidate.Status,
                        }
                ),
            ]),
            ["estimate"] = new JsonObject
            {
                ["metric"] = choice.Estimate.Metric,
                ["value"] = RunFolder.Finite(choice.Estimate.Value),
                ["low"] = RunFolder.Finite(choice.Estimate.Low),
                ["high"] = RunFolder.Finite(choice.Estimate.High),
            },
            ["verdict"] = choice.Verdict,
            ["hundred_more_labels"] = choice.HundredMoreLabels,
        };

    private static JsonObject Write(Decisions decisions)
    {
        JsonObject json = new()
        {
            ["threshold"] = decisions.Threshold,
            ["no_answer_threshold"] = decisions.NoAnswerThreshold,
            ["temperature"] = decisions.Temperature,
        };
        if (decisions.Abstain is { } abstain)
            json["abstain"] = new JsonObject
            {
                ["accuracy"] = abstain.Accuracy,
                ["confidence"] = abstain.Confidence,
                ["coverage"] = abstain.Coverage,
                ["answered_accuracy"] = RunFolder.Finite(abstain.AnsweredAccuracy),
                ["accuracy_low"] = abstain.AccuracyLow,
                ["examples"] = abstain.Examples,
            };
        return json;
    }

    private static JsonObject WriteRun(RunManifest run) =>
        new()
        {
            ["graft"] = run.Version,
            ["finished"] = run.IsFinished,
            ["command_line"] = run.CommandLine,
            ["task"] = run.Task,
            ["strategy"] = run.Strategy,
            ["strategy_reason"] = run.StrategyReason,
            ["strategy_options"] = new JsonObject(
                run.StrategyOptions.Select(option => KeyValuePair.Create(option.Key, (JsonNode?)option.Value))
            ),
            ["layers"] = run.Layers is { } layers
                ? new JsonObject
                {
                    ["decay"] = layers.Decay,
                    ["unfreezing"] = layers.Unfreezing,
                    ["reinitialized"] = layers.Reinitialized,
                }
                : null,
            ["parameters"] = run.Parameters is { } parameters
                ? new JsonObject { ["trained"] = parameters.Trained, ["all"] = parameters.All }
                : null,
            ["labels"] = new JsonArray([.. run.Labels.Select(label => (JsonNode?)label)]),
            ["model"] = run.Model is { } model
                ? new JsonObject
                {
                    ["path"] = model.Path,
                    ["from_scratch"] = model.FromScratch,
                    ["sha256"] = model.Sha256,
                }
                : null,
            ["data"] = run.Data?.ToRecord(),
            ["train"] = Data(run.Train),
            ["evaluation"] = Data(run.Evaluation),
            ["teacher"] = run.Teacher,
            ["examples"] = run.Examples,
            ["class_weights"] = run.ClassWeights,
            ["label_smoothing"] = run.LabelSmoothing,
            ["generation"] = new JsonObject { ["max_new_tokens"] = run.MaxNewTokens, ["num_beams"] = run.NumBeams },
            ["decisions"] = run.Decisions is { } decisions ? Write(decisions) : null,
            ["seed"] = run.Seed,
            ["learning_rate"] = Resolved(run.LearningRate?.Value, run.LearningRate?.Reason),
            ["batch_size"] = Resolved(run.BatchSize?.Value, run.BatchSize?.Reason),
            ["epochs"] = Resolved(run.Epochs?.Value, run.Epochs?.Reason),
            ["steps"] = run.Steps,
            ["time_budget_seconds"] = run.TimeBudgetSeconds,
            ["max_length"] = run.Encoding.MaxLength,
            ["stride"] = run.Encoding.Stride,
            ["truncate"] = run.Encoding.Truncate,
            ["dropout"] = run.Dropout,
            ["schedule"] = run.Schedule,
            ["warmup"] = run.Warmup,
            ["optimizer"] = run.Optimizer,
            ["optimizer_options"] = new JsonObject(
                run.OptimizerOptions.Select(option => KeyValuePair.Create(option.Key, (JsonNode?)option.Value))
            ),
            ["replay"] = run.Replay,
            ["negative_column"] = run.NegativeColumn,
            ["precision"] = run.Precision,
            ["weight_decay"] = run.WeightDecay,
            ["clip_norm"] = run.ClipNorm,
            ["keep"] = run.Keep,
            ["evaluate_every"] = run.EvaluateEvery,
            ["early_stopping"] = run.EarlyStopping,
            ["tune_threshold"] = run.TuneThreshold,
            ["abstain"] = run.Abstain,
            ["power"] = run.Power,
            ["cycles"] = run.Cycles,
            ["gradient_groups"] = run.GradientGroups,
            ["matrix_product"] = run.MatrixProduct,
            ["threads"] = run.Threads,
            ["cost"] = run.Cost is { } cost
                ? new JsonObject { ["seconds"] = cost.Seconds, ["peak_memory_bytes"] = cost.PeakMemoryBytes }
                : null,
        };

    public static RunManifest Read(JsonNode json) =>
        new()
        {
            Version = (string?)json["graft"],
            IsFinished = (bool?)json["finished"] ?? false,
            CommandLine = (string?)json["command_line"],
            Task = (string?)json["task"] ?? throw new JsonException("no \"task\""),
            Strategy = (string?)json["strategy"],
            StrategyReason = (string?)json["strategy_reason"],
            StrategyOptions =
            [
                .. (json["strategy_options"]?.AsObject() ?? []).Select(option =>
                    KeyValuePair.Create(option.Key, (string?)option.Value ?? "")
                ),
            ],
            Layers = json["layers"] is { } layers
                ? new RunLayers((double?)layers["decay"] ?? 1, (double?)layers["unfreezing"] ?? 0, (int?)layers["reinitialized"] ?? 0)
                : null,
            Parameters = json["parameters"] is { } parameters
                ? new RunParameters((long?)parameters["trained"] ?? 0, (long?)parameters["all"] ?? 0)
                : null,
            Labels = [.. (json["labels"]?.AsArray() ?? []).Select(label => (string?)label ?? throw new JsonException("a label is null"))],
            Model = json["model"] is { } model
                ? new RunModel((string?)model["path"] ?? "", (bool?)model["from_scratch"] ?? false, (string?)model["sha256"])
                : null,
            Data = Interpretation.FromRecord(json["data"], (string?)json["train"]?["path"] ?? ""),
            Train = ReadData(json["train"]),
            Evaluation = ReadData(json["evaluation"]),
            Teacher = (string?)json["teacher"],
            Examples = (int?)json["examples"],
            ClassWeights = (string?)json["class_weights"],
            LabelSmoothing = (double?)json["label_smoothing"] ?? 0,
            MaxNewTokens = (int?)json["generation"]?["max_new_tokens"],
            NumBeams = (int?)json["generation"]?["num_beams"],
            Decisions = json["decisions"] is { } decisions
                ? new Decisions
                {
                    Threshold = (double?)decisions["threshold"],
                    NoAnswerThreshold = (double?)decisions["no_answer_threshold"],
                    Temperature = (double?)decisions["temperature"],
                    Abstain = decisions["abstain"] is { } abstain
                        ? new Abstention
                        {
                            Accuracy = (double?)abstain["accuracy"] ?? throw new JsonException("\"abstain\" has no \"accuracy\""),
                            Confidence = (double?)abstain["confidence"],
                            Coverage = (double?)abstain["coverage"] ?? 0,
                            AnsweredAccuracy = (double?)abstain["answered_accuracy"] ?? double.NaN,
                            AccuracyLow = (double?)abstain["accuracy_low"] ?? 0,
                            Examples = (int?)abstain["examples"] ?? 0,
                        }
                        : null,
                }
                : null,
            Seed = (ulong?)json["seed"] ?? 0,
            LearningRate = json["learning_rate"] is { } rate
                ? new Resolved<double>((double?)rate["value"] ?? throw NoValue(), (string?)rate["reason"] ?? "")
                : null,
            BatchSize = json["batch_size"] is { } batch
                ? new Resolved<int>((int?)batch["value"] ?? throw NoValue(), (string?)batch["reason"] ?? "")
                : null,
            Epochs = json["epochs"] is { } epochs
                ? new Resolved<double>((double?)epochs["value"] ?? throw NoValue(), (string?)epochs["reason"] ?? "")
                : null,
            Steps = (long?)json["steps"],
            TimeBudgetSeconds = (double?)json["time_budget_seconds"],
            Encoding = new EncodingOptions
            {
                MaxLength = (int?)json["max_length"] ?? 128,
                Stride = (int?)json["stride"],
                Truncate = (bool?)json["truncate"] ?? false,
            },
            Dropout = (double?)json["dropout"],
            Schedule = (string?)json["schedule"],
            Warmup = (double?)json["warmup"] ?? 0,
            Optimizer = (string?)json["optimizer"],
            OptimizerOptions = (json["optimizer_options"] as JsonObject)?.ToDictionary(
                option => option.Key,
                option => (double)option.Value!,
                StringComparer.Ordinal
            ) ?? [],
            Replay = (string?)json["replay"],
            NegativeColumn = (string?)json["negative_column"],
            Precision = (string?)json["precision"],
            WeightDecay = (double?)json["weight_decay"] ?? 0,
            ClipNorm = (double?)json["clip_norm"] ?? 0,
            Keep = (string?)json["keep"],
            EvaluateEvery = (long?)json["evaluate_every"],
            EarlyStopping = (int?)json["early_stopping"],
            TuneThreshold = (bool?)json["tune_threshold"] ?? false,
            Abstain = (double?)json["abstain"],
            Power = (double?)json["power"] ?? 1,
            Cycles = (int?)json["cycles"] ?? 2,
            GradientGroups = (int?)json["gradient_groups"],
            MatrixProduct = (string?)json["matrix_product"],
            Threads = (int?)json["threads"],
            Choice = ReadChoice(json),
            Cost = json["cost"] is { } cost ? new RunCost((double?)cost["seconds"] ?? 0, (long?)cost["peak_memory_bytes"] ?? 0) : null,
        };

    private static RunChoice? ReadChoice(JsonNode json) =>
        (string?)json["verdict"] is not string verdict
            ? null
            : new RunChoice(
                (string?)json["winner"] ?? "",
                [
                    .. (json["candidates"]?.AsArray() ?? []).Select(entry => new RunCandidate(
                        (string?)entry!["name"] ?? "",
                        (double?)entry["score"],
                        (double?)entry["low"],
                        (double?)entry["high"],
                        (double?)entry["seconds"] ?? 0,
                        (string?)entry["status"] ?? ""
                    )),
                ],
                new RunEstimate(
                    (string?)json["estimate"]?["metric"] ?? "",
                    (double?)json["estimate"]?["value"] ?? double.NaN,
                    (double?)json["estimate"]?["low"] ?? double.NaN,
                    (double?)json["estimate"]?["high"] ?? double.NaN
                ),
                verdict
            )
            {
                HundredMoreLabels = (double?)json["hundred_more_labels"],
            };

    private static JsonException NoValue() => new("an option without its \"value\"");

    private static JsonObject? Resolved(JsonNode? value, string? reason) =>
        value is null ? null : new JsonObject { ["value"] = value, ["reason"] = reason };

    private static JsonObject? Data(RunData? data) => data is null ? null : new JsonObject
    {
        ["path"] = data.Path,
        ["sha256"] = data.Sha256,
        ["examples"] = data.Examples,
        ["bad_rows"] = data.BadRows,
        ["features"] = data.Features,
        ["long_examples"] = data.LongExamples,
        ["tokens_beyond_limit"] = data.TokensBeyondLimit,
        ["beyond_limit"] = new JsonObject(data.BeyondLimit.Select(loss => KeyValuePair.Create(loss.Key, (JsonNode?)loss.Value))),
    };

    private static RunData? ReadData(JsonNode? data) =>
        data is null
            ? null
            : new RunData(
                (string?)data["path"] ?? throw new JsonException("data without a \"path\""),
                (string?)data["sha256"],
                (int?)data["examples"] ?? 0,
                (int?)data["bad_rows"] ?? 0,
                (int?)data["features"] ?? 0,
                (int?)data["long_examples"] ?? 0,
                (long?)data["tokens_beyond_limit"] ?? 0,
                [.. (data["beyond_limit"]?.AsObject() ?? []).Select(loss => KeyValuePair.Create(loss.Key, (long?)loss.Value ?? 0))]
            );
}
