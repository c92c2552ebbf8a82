using Graft.Evaluation;
using Graft.Heads;
using Graft.Layers;
using Graft.Training;
using Graft.Tuning;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Tasks.FrozenFeatures;

/// <summary>Fits classifiers on a table of features.</summary>
internal static class FeatureClassifierFit
{
    /// <summary>The convex one: multinomial logistic regression, the penalty chosen by cross-validation.</summary>
    /// <exception cref="InputException">The task's examples have no single class.</exception>
    public static LinearClassifier Logistic(FineTuningTask task, IReadOnlyList<Feature> features, FeatureTable table)
    {
        if (features.Any(feature => feature.Target is not ClassTarget))
            throw new InputException($"`classifier` logistic tells classes apart; {task.Name} has none: use `classifier` linear");
        if (!task.Loss.IsPlain)
            throw new InputException("`classifier` logistic has no class weights and no label smoothing: use `classifier` linear");
        int[] labels = [.. features.Select(feature => ((ClassTarget)feature.Target!).Class)];
        return LogisticRegression.FitWithChosenPenalty(table.Vectors, table.Width, labels, task.Labels.Count).ToLinear();
    }

    /// <summary>The one that AdamW trains on standardised features, with the task's loss.</summary>
    public static LinearClassifier Linear(
        FineTuningTask task,
        IBatchSource batches,
        IReadOnlyList<Feature> features,
        FeatureTable table,
        TrainingOptions options,
        int outputs,
        IReadOnlyList<ITrainingObserver> observers,
        CancellationToken cancellationToken
    )
    {
        (float[] mean, float[] scale) = LogisticRegression.Standardization(table.Vectors, table.Width);
        using DisposeScope scope = NewDisposeScope();
        Tensor standardised = (tensor(table.Vectors, [features.Count, table.Width]) - tensor(mean)) * tensor(scale);
        Projection output = new(table.Width, outputs, Init.Zeros);
        foreach (DeclaredParameter parameter in output.Declared())
            parameter.Init.Fill(parameter.Value, parameter.Name, options.Seed);
        Dictionary<Feature, long> rows = features
            .Select((feature, i) => (feature, i))
            .ToDictionary(pair => pair.feature, pair => (long)pair.i, (IEqualityComparer<Feature>)ReferenceEqualityComparer.Instance);
        using (
            Trainer trainer = new(
                new Trainable(TaskObjectives.Of(task), output, standardised, rows),
                batches,
                options,
                folder: null,
                observers
            )
        )
            trainer.Run(cancellationToken);
        double[] weight = [.. output.Weight.data<float>().Select(value => (double)value)],
            bias = [.. output.Bias!.data<float>().Select(value => (double)value)];
        foreach (Parameter parameter in new[] { output.Weight, output.Bias })
            parameter.Dispose();
        return LinearClassifier.OnFeatures(weight, bias, mean, scale);
    }

    /// <summary>The matrix with the task's loss on rows of the table.</summary>
    private sealed class Trainable(TaskObjective objective, Projection output, Tensor vectors, Dictionary<Feature, long> rows) : ITrainable
    {
        public nn.Module Module => output;

        public IReadOnlyList<string> LossTerms => ["loss"];

        public Tensor[] LossSums(IMicroBatch batch, StepContext context)
        {
            IReadOnlyList<Feature> features = ((FeatureBatch)batch).Features;
            Tensor own = vectors.index_select(0, tensor((long[])[.. features.Select(feature => rows[feature])]));
            HeadOutput scores = new() { Logits = output.Forward(own, LayerContext.Rowwise) };
            return [objective.Loss(scores, null, objective.Targets(features, new Collator(BatchLayout.Packed, 0)), null)];
        }
    }
}
