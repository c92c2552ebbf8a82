using System.Diagnostics;
using Graft.Data;
using Graft.Pretrained;
using Graft.Pretraining;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tokenizers;
using Graft.Torch.Compute;
using Graft.Training;

namespace Graft.Benchmarks;

/// <summary>
/// A small encoder on labelled texts (--model, --train): fine-tuning through the project's own task, batches and trainer, and scoring with
/// tokenization included. Only real tokens count, and only the encoder's matrices.
/// </summary>
internal static class FineTuningBenchmarks
{
    private const int WarmUp = 8, MaxLength = 64, BatchSize = 32, Texts = 4000;

    /// <summary>minilm-finetuning: batches of 32, dropout 0.1; real tokens a second over the updates after the eighth.</summary>
    public static Measurement Training(BenchmarkOptions options)
    {
        (FineTuningTask task, TaskData data, Tokenizer tokenizer) = Read(options);
        using PretrainedModel model = Load(options, task);
        EncodedData encoded = task.Encode(data, tokenizer, new EncodingOptions { MaxLength = MaxLength });
        FeatureBatches batches = new(
            encoded.Features,
            new BatchingOptions { BatchSize = BatchSize },
            feature => data.PlaceOf(feature.Example),
            task.LossItems
        );
        TaskObjective objective = TaskObjectives.Of(task);
        TaskTrainable trainable = new(objective, model, Collator.Of(objective.Layout, model), model.Network);
        Clock clock = new();
        using (Trainer trainer = new(trainable, batches, new TrainingOptions { Steps = WarmUp + (16 * options.Repetitions) }, null, clock))
            trainer.Run();
        return new Measurement(
            clock.Seconds,
            6 * StepCost.Matrices(model.Backbone) * clock.Tokens,
            clock.Tokens / clock.Seconds,
            "tokens/s"
        );
    }

    /// <summary>minilm-inference: 4,000 texts, tokenization included; texts a second.</summary>
    public static Measurement Inference(BenchmarkOptions options)
    {
        using Scoring scoring = new(options);
        double seconds = BenchmarkRunner.Fastest(() => scoring.Run(Precision.Fp32), options.Repetitions);
        return new Measurement(seconds, scoring.Operations, scoring.Texts / seconds, "texts/s");
    }

    /// <summary>minilm-inference-int8: the same in 8 bits; the baseline is fp32, the two in turn.</summary>
    public static Measurement Int8Inference(BenchmarkOptions options)
    {
        Int8.Require();
        using Scoring scoring = new(options);
        double seconds = double.PositiveInfinity, exact = double.PositiveInfinity;
        for (int i = 0; i < options.Repetitions; i++)
        {
            exact = Math.Min(exact, BenchmarkRunner.Fastest(() => scoring.Run(Precision.Fp32), 1, i == 0 ? 1 : 0));
            seconds = Math.Min(seconds, BenchmarkRunner.Fastest(() => scoring.Run(Precision.Int8), 1, i == 0 ? 1 : 0));
        }

        return new Measurement(seconds, scoring.Operations, scoring.Texts / seconds, "texts/s", exact);
    }

    private static (FineTuningTask Task, TaskData Data, Tokenizer Tokenizer) Read(BenchmarkOptions options)
    {
        if (options.Model is null || options.Train is null)
            throw new InputException("the minilm benchmarks need `model` FOLDER and `train` FILE");
        TextClassification task = new();
        TaskData data = task.Read(options.Train, new ColumnOptions(), labelled: true);
        return (task.WithLabelsOf(data), data, Tokenizer.Load(options.Model));
    }

    private static PretrainedModel Load(BenchmarkOptions options, FineTuningTask task) =>
        PretrainedModel.Load(
            options.Model!,
            new LoadOptions
            {
                Head = task.Head,
                Labels = task.Labels,
                ProblemType = task.ProblemType,
                Dropout = 0.1,
            }
        );

    /// <summary>Texts through tokenizer and model.</summary>
    private sealed class Scoring : IDisposable
    {
        private readonly FineTuningTask _task;
        private readonly TaskData _data;
        private readonly Tokenizer _tokenizer;
        private readonly PretrainedModel _model;
        private readonly TaskScorer _scorer;
        private long _tokens;

        public Scoring(BenchmarkOptions options)
        {
            (_task, TaskData all, _tokenizer) = Read(options);
            _model = Load(options, _task);
            _data = all.Take([.. Enumerable.Range(0, Math.Min(FineTuningBenchmarks.Texts, all.Count))]);
            TaskObjective objective = TaskObjectives.Of(_task);
            _scorer = new TaskScorer(objective, _model, Collator.Of(objective.Layout, _model));
        }

        public int Texts => _data.Count;

        public double Operations => 2 * StepCost.Matrices(_model.Backbone) * _tokens;

        public void Run(Precision precision)
        {
            using ComputeScope computing = (ComputeContext.Current with { Precision = precision }).Enter();
            EncodedData encoded = _task.Encode(_data, _tokenizer, new EncodingOptions { MaxLength = MaxLength });
            _scorer.Score(encoded.Features);
            _tokens = encoded.Features.Sum(feature => (long)feature.Ids.Length);
        }

        public void Dispose() => _model.Dispose();
    }

    /// <summary>Counts tokens and time after the warm-up.</summary>
    private sealed class Clock : ITrainingObserver
    {
        private long _start;

        public double Seconds { get; private set; }

        public long Tokens { get; private set; }

        public void Updated(UpdateRecord update)
        {
            if (update.Step < WarmUp) return;
            if (update.Step == WarmUp)
            {
                _start = Stopwatch.GetTimestamp();
                return;
            }

            Tokens += update.Tokens;
            Seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
        }
    }
}
