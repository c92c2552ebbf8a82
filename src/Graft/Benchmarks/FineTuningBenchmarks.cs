using System.Diagnostics;
using Graft.Data;
using Graft.Pretrained;
using Graft.Pretraining;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tokenizers;
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
        (FineTuningTask task, TaskData all, Tokenizer tokenizer) = Read(options);
        using PretrainedModel model = Load(options, task);
        TaskData data = all.Take([.. Enumerable.Range(0, Math.Min(Texts, all.Count))]);
        TaskObjective objective = TaskObjectives.Of(task);
        TaskScorer scorer = new(objective, model, Collator.Of(objective.Layout, model));
        long tokens = 0;
        double seconds = BenchmarkRunner.Fastest(
            () =>
            {
                EncodedData encoded = task.Encode(data, tokenizer, new EncodingOptions { MaxLength = MaxLength });
                scorer.Score(encoded.Features);
                tokens = encoded.Features.Sum(feature => (long)feature.Ids.Length);
            },
            options.Repetitions);
        return new Measurement(seconds, 2 * StepCost.Matrices(model.Backbone) * tokens, data.Count / seconds, "texts/s");
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
