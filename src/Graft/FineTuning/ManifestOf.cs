using System.Diagnostics;
using System.Globalization;
using Graft.Data;
using Graft.Pretrained;
using Graft.Runs;
using Graft.Torch.Compute;
using Graft.Training;

namespace Graft.Tasks;

/// <summary>What a fine-tuning run says about itself.</summary>
internal static class ManifestOf
{
    /// <summary>Writes it into the run folder; a resumed run must be the one that was begun.</summary>
    /// <exception cref="InputException">The run was begun with other options.</exception>
    public static void Write(RunFolder folder, FineTuningOptions options, Resolution resolution, Prepared prepared, bool isFinished)
    {
        RunManifest manifest = Of(options, resolution, prepared, isFinished);
        if (options.Resume) manifest.RequireContinues(folder.Path);
        manifest.Write(folder.Path);
    }

    /// <summary>Refuses a finished run that other options or other data would not have led to.</summary>
    /// <exception cref="InputException">Names what differs.</exception>
    public static void RequireSame(FineTuningOptions options, Resolution resolution, Prepared prepared) =>
        Of(options, resolution, prepared, isFinished: true).RequireContinues(options.Output);

    /// <summary>What a run is going to write about itself: what must be equal on all ranks.</summary>
    public static RunManifest Expected(FineTuningOptions options, Resolution resolution, Prepared prepared) =>
        Of(options, resolution, prepared, isFinished: false);

    private static RunManifest Of(FineTuningOptions options, Resolution resolution, Prepared prepared, bool isFinished) =>
        new()
        {
            Version = typeof(ManifestOf).Assembly.GetName().Version?.ToString(3),
            IsFinished = isFinished,
            CommandLine = options.CommandLine,
            Task = prepared.Task.Name,
            Strategy = options.Strategy.Name,
            StrategyReason = options.StrategyReason,
            StrategyOptions = [.. options.Strategy.Options.Select(option => KeyValuePair.Create(option.Key, option.Value))],
            Layers = new RunLayers(options.Layers.Decay, options.Layers.Unfreezing, options.Layers.Reinitialized),
            Parameters = new RunParameters(resolution.TrainedParameters, resolution.AllParameters),
            Labels = prepared.Task.Labels,
            Model = new RunModel(options.Model, options.FromScratch, WeightsHash.Of(options.Model)),
            Data = prepared.Train.Reading,
            Train = DataOf(options.Train, prepared.Train, prepared.EncodedTrain),
            Evaluation = options.Evaluation is null ? null : DataOf(options.Evaluation, prepared.Evaluation!, prepared.EncodedEvaluation!),
            Teacher = options.Taught?.Teacher,
            Examples = options.Examples,
            ClassWeights = options.ClassWeights,
            LabelSmoothing = prepared.Task.Loss.LabelSmoothing,
            MaxNewTokens = prepared.Task.Generation.MaxNewTokens,
            NumBeams = prepared.Task.Generation.NumBeams,
            Decisions = isFinished ? prepared.Task.Decisions : null,
            Seed = options.Training.Seed,
            LearningRate = resolution.LearningRate,
            BatchSize = resolution.BatchSize,
            Epochs = resolution.Epochs,
            Steps = options.Training.Steps,
            TimeBudgetSeconds = options.Training.TimeBudget?.TotalSeconds,
            Encoding = options.Encoding,
            Dropout = options.Dropout,
            Schedule = options.Training.Schedule.Kind.ToString(),
            Warmup = options.Training.Schedule.Warmup,
            Optimizer = options.Training.Muon is null ? "adamw" : "muon",
            OptimizerOptions = OptimizerOptionsOf(options.Training),
            Replay = options.Training.Replay is { } rates
                ? Sha256.Of(string.Join(' ', rates.Select(rate => rate.ToString("R", CultureInfo.InvariantCulture))))
                : null,
            NegativeColumn = options.Columns.Negative,
            Precision = ComputeContext.Current.Precision.ToString(),
            WeightDecay = options.Training.Optimizer.WeightDecay,
            ClipNorm = options.Training.ClipNorm,
            Keep = options.Training.Keep.ToString(),
            EvaluateEvery = options.Training.EvaluateEvery,
            EarlyStopping = options.Training.EarlyStopping,
            TuneThreshold = options.TuneThreshold,
            Abstain = options.Abstain,
            Power = options.Training.Schedule.Power,
            Cycles = options.Training.Schedule.Cycles,
            GradientGroups = options.Training.GradientGroups,
            MatrixProduct = Engine.IsStarted ? ComputeContext.Current.ResolvedLibrary.ToString() : null,
            Threads = Engine.IsStarted ? ComputeContext.Current.ResolvedThreads : null,
            Cost = isFinished ? CostOf(prepared) : null,
        };

    private static Dictionary<string, double> OptimizerOptionsOf(TrainingOptions training)
    {
        Dictionary<string, double> options = new(StringComparer.Ordinal)
        {
            ["beta1"] = training.Optimizer.Beta1, ["beta2"] = training.Optimizer.Beta2, ["epsilon"] = training.Optimizer.Epsilon,
        };
        if (training.Muon is { } muon) (options["momentum"], options["iterations"]) = (muon.Momentum, muon.Iterations);
        return options;
    }

    /// <summary>Wall-clock time of this process from reading the data on, and the most memory it has held.</summary>
    private static RunCost CostOf(Prepared prepared)
    {
        using Process self = Process.GetCurrentProcess();
        return new RunCost(Math.Round(Stopwatch.GetElapsedTime(prepared.Started).TotalSeconds, 1), self.PeakWorkingSet64);
    }

    /// <summary>The hash of a file; of shards that of their hashes, in the order of their names.</summary>
    private static string Hash(string path)
    {
        IReadOnlyList<string> files = DataFile.Shards(path, DataPart.Training);
        return files.Count == 1
            ? WeightsHash.OfFile(files[0])
            : Graft.Sha256.Of(System.Text.Encoding.ASCII.GetBytes(string.Concat(files.Select(WeightsHash.OfFile))));
    }

    private static RunData DataOf(string path, TaskData data, EncodedData encoded) =>
        new(
            path,
            path.Length == 0 ? null : Hash(path),
            data.Count,
            data.BadRows.Count,
            encoded.Features.Count,
            encoded.LongExamples,
            encoded.TokensBeyond,
            [.. encoded.Losses.Select(loss => KeyValuePair.Create(loss.What, loss.Beyond))]
        );
}
