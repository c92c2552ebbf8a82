using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Pretrained;
using Graft.Tasks;
using Graft.Torch.Compute;
using Graft.Training;
using Microsoft.Extensions.Logging;

namespace Graft.Demonstrations.Transfer;

/// <summary>Makes a report's measurements, one after the other, each kept as soon as it is finished.</summary>
internal sealed class TransferRun : IDisposable
{
    private const long SmallModel = 15_000_000;
    private static readonly TimeSpan s_checkpointEvery = TimeSpan.FromMinutes(2);
    private readonly TransferOptions _options;
    private readonly TransferData _data;
    private readonly ILogger _logger;
    private readonly CellStore _cells;
    private readonly PretrainedModel _model;
    private readonly Dictionary<
        TransferMethod,
        (ConvexClassifier.Vectors Train, ConvexClassifier.Vectors Test, ConvexClassifier.Vectors? Evaluation)
    > _vectors = [];

    public TransferRun(TransferOptions options, TransferData data, ILogger logger)
    {
        (_options, _data, _logger) = (options, data, logger);
        _cells = CellStore.Open(Path.Combine(options.Output, "work", "cells"), new JsonObject
        {
            ["model"] = WeightsHash.Of(options.Model),
            ["task"] = options.Task.Name,
            ["train"] = WeightsHash.OfFile(options.Train),
            ["test"] = WeightsHash.OfFile(options.Test),
            ["evaluation"] = options.Evaluation is null ? null : WeightsHash.OfFile(options.Evaluation),
            ["epochs"] = options.Epochs,
            ["precision"] = ComputeContext.Current.Precision.ToString(),
            ["max_length"] = options.Encoding.MaxLength,
        });
        _model = PretrainedModel.Load(options.Model, new LoadOptions { Head = HeadKinds.None });
    }

    public void Dispose() => _model.Dispose();

    /// <summary>Every row, in order, as it is finished.</summary>
    public IEnumerable<TransferRow> Rows(CancellationToken cancellationToken)
    {
        foreach (LabelBudget budget in _options.Labels)
        {
            IReadOnlyList<int> chosen = _data.Choose(budget);
            if (budget is { Count: int count, OfEachLabel: false } && chosen.Count < count)
                throw new InputException($"`labels` {budget.Name}: {_options.Train} has {chosen.Count} examples; write all");
            foreach (TransferMethod method in _options.Methods)
            {
                TransferRow? row = method.IsTrained
                    ? Trained(budget, chosen, method, cancellationToken)
                    : Fixed(budget, chosen, method, cancellationToken);
                if (row is not null)
                    yield return row;
            }
        }
    }

    /// <summary>A method without seeds: one measurement.</summary>
    private TransferRow? Fixed(LabelBudget budget, IReadOnlyList<int> chosen, TransferMethod method, CancellationToken cancellationToken)
    {
        Cell cell = Measured($"{budget.FileName}/{method.Key}", cancellationToken, () =>
            method == TransferMethod.Counts ? Counts(chosen) : Convex(method, chosen)
        );
        return new TransferRow(budget, chosen.Count, method, [cell.Score], cell.Setting);
    }

    private (double Score, double? Setting) Counts(IReadOnlyList<int> chosen)
    {
        IReadOnlyDictionary<string, double> baselines = _data.Task.Baselines(_data.Train.Take(chosen), _data.Test);
        return (baselines.First(baseline => baseline.Key != "majority_class").Value, null);
    }

    private (double Score, double? Setting) Convex(TransferMethod method, IReadOnlyList<int> chosen)
    {
        int width = method == TransferMethod.Static ? Extractor().StaticWidth : Extractor().Width;
        ConvexClassifier classifier = new(_data.Task, width);
        var (train, test, evaluation) = VectorsOf(method);
        double penalty = classifier.ChoosePenalty([.. _data.Splits(chosen).Select(split =>
            (train.Take(split.Learned, width), split.Judged is null ? evaluation! : train.Take(split.Judged, width)))]);
        return (classifier.Score(train.Take(chosen, width), test, penalty), penalty);
    }

    /// <summary>A method with a learning rate, chosen first, and seeds.</summary>
    private TransferRow Trained(LabelBudget budget, IReadOnlyList<int> chosen, TransferMethod method, CancellationToken cancellationToken)
    {
        double epochs = _options.Epochs ?? AutoRecipe.Epochs("full", chosen.Count).Value;
        IReadOnlyList<TransferSplit> splits = _data.Splits(chosen);
        double Reached(double rate) =>
            Enumerable
                .Range(0, splits.Count)
                .Average(fold =>
                    Trained(
                        string.Create(CultureInfo.InvariantCulture, $"{budget.FileName}/{method.Key}-rate-{rate}-fold-{fold + 1}"),
                        method,
                        rate,
                        _options.Seed,
                        splits[fold],
                        chosen.Count,
                        epochs,
                        cancellationToken
                    ).Score
                );

        IReadOnlyList<double> rates = Rates(method);
        double best = rates.Count == 1 ? rates[0] : rates.MaxBy(Reached);
        TransferSplit whole = new(chosen, null);
        double[] scores =
        [
            .. Enumerable
                .Range(0, _options.Seeds)
                .Select(i =>
                    Trained(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{budget.FileName}/{method.Key}-rate-{best}-seed-{_options.Seed + (ulong)i}"
                        ),
                        method,
                        best,
                        _options.Seed + (ulong)i,
                        whole,
                        chosen.Count,
                        epochs,
                        cancellationToken,
                        onTest: true
                    ).Score
                ),
        ];
        return new TransferRow(budget, chosen.Count, method, scores, best);
    }

    /// <summary>One training run, judged on the split's held-out share, on development data, or on the test data.</summary>
    private Cell Trained(
        string name,
        TransferMethod method,
        double rate,
        ulong seed,
        TransferSplit split,
        int labels,
        double epochs,
        CancellationToken cancellationToken,
        bool onTest = false
    ) => Measured(name, cancellationToken, () =>
        {
            string run = Path.Combine(_options.Output, "work", "runs", name.Replace('/', '-'));
            string train = run + "-train.jsonl", judged = run + "-judged.jsonl";
            TransferData.Write(train, _data.Train.Take(split.Learned));
            TransferData.Write(judged, onTest ? _data.Test : split.Judged is null ? _data.Evaluation! : _data.Train.Take(split.Judged));
            FineTuningResult result = FineTuning.Run(
                new FineTuningOptions
                {
                    Model = _options.Model,
                    Task = _data.Task,
                    Train = train,
                    Evaluation = judged,
                    Output = run,
                    LearningRate = rate,
                    BatchSize = AutoRecipe.BatchSize(labels).Value,
                    Epochs = epochs,
                    Encoding = _options.Encoding,
                    FromScratch = method == TransferMethod.Scratch,
                    Resume = true,
                    Training = new TrainingOptions
                    {
                        Seed = seed,
                        Compute = ComputeContext.Current,
                        EvaluateEvery = long.MaxValue,
                        CheckpointEvery = s_checkpointEvery,
                    },
                },
                cancellationToken: cancellationToken);
            Directory.Delete(run, recursive: true);
            File.Delete(train);
            File.Delete(judged);
            return (result.Scores[0].Interval.Value, rate);
        });

    /// <summary>The measurement of a name: the one that is kept, or a new one.</summary>
    private Cell Measured(string name, CancellationToken cancellationToken, Func<(double Score, double? Setting)> measure)
    {
        if (_cells.Find(name) is { } kept) return kept;
        cancellationToken.ThrowIfCancellationRequested();
        Stopwatch watch = Stopwatch.StartNew();
        (double score, double? setting) = measure();
        Cell cell = new(score, setting, watch.Elapsed.TotalSeconds);
        _cells.Keep(name, cell);
        _logger.Tell(string.Create(CultureInfo.InvariantCulture, $"{name}: {100 * score:0.0} % ({cell.Seconds:0.0} s)"));
        return cell;
    }

    private (ConvexClassifier.Vectors Train, ConvexClassifier.Vectors Test, ConvexClassifier.Vectors? Evaluation) VectorsOf(
        TransferMethod method
    )
    {
        if (_vectors.TryGetValue(method, out var known)) return known;
        FrozenVectors extractor = Extractor();
        ConvexClassifier.Vectors Of(TaskData data) =>
            new(data, method == TransferMethod.Static ? extractor.Static(data) : extractor.Contextual(data));
        return _vectors[method] = (Of(_data.Train), Of(_data.Test), _data.Evaluation is null ? null : Of(_data.Evaluation));
    }

    private FrozenVectors Extractor() => new(_model, _data.Task, _options.Encoding);

    /// <summary>
    /// The rates tried: the papers' ranges around what <see cref="AutoRecipe"/> takes; randomly initialised weights want higher ones.
    /// </summary>
    private IReadOnlyList<double> Rates(TransferMethod method)
    {
        bool isSmall = _model.Backbone.ParameterCount < SmallModel;
        return method == TransferMethod.Scratch
            ? _options.ScratchRates ?? (isSmall ? [2e-4, 5e-4, 1e-3] : [5e-5, 1e-4, 3e-4])
            : _options.LearningRates ?? (isSmall ? [1e-4, 3e-4, 1e-3] : [2e-5, 5e-5, 1e-4]);
    }
}
