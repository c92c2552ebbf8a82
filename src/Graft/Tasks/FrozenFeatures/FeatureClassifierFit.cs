using Graft.Heads;
using Graft.Layers;
using Graft.Training;
using Graft.Tuning;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Tasks.FrozenFeatures;

/// <summary>A matrix and a bias on features: what both ways of fitting a classifier end in.</summary>
/// <param name="Weight">[outputs, width].</param>
/// <param name="Bias">[outputs].</param>
internal sealed record LinearClassifier(float[] Weight, float[] Bias)
{
    /// <summary>The scores of every row of a table.</summary>
    public FeatureScores[] Score(FeatureTable table)
    {
        int rows = table.Vectors.Length / table.Width, outputs = Bias.Length;
        FeatureScores[] scores = new FeatureScores[rows];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> vector = table.Vectors.AsSpan(row * table.Width, table.Width);
            float[] values = new float[outputs];
            for (int c = 0; c < outputs; c++) values[c] = System.Numerics.Tensors.TensorPrimitives.Dot(vector, Weight.AsSpan(c * table.Width, table.Width)) + Bias[c];
            scores[row] = new FeatureScores(values, outputs);
        }

        return scores;
    }

    /// <summary>A classifier of standardised features as one of the features themselves.</summary>
    /// <param name="weight">[outputs, width] on (x − mean) · scale.</param>
    /// <param name="bias">[outputs].</param>
    /// <param name="mean">Of each column.</param>
    /// <param name="scale">1 / deviation of each column.</param>
    public static LinearClassifier OnFeatures(ReadOnlySpan<double> weight, ReadOnlySpan<double> bias, float[] mean, float[] scale)
    {
        float[] plain = new float[weight.Length], shifted = new float[bias.Length];
        for (int c = 0; c < shifted.Length; c++)
        {
            double shift = bias[c];
            for (int i = 0; i < mean.Length; i++)
            {
                double value = weight[(c * mean.Length) + i] * scale[i];
                plain[(c * mean.Length) + i] = (float)value;
                shift -= value * mean[i];
            }

            shifted[c] = (float)shift;
        }

        return new LinearClassifier(plain, shifted);
    }
}

/// <summary>Fits classifiers on a table of features.</summary>
internal static class FeatureClassifierFit
{
    /// <summary>The convex one: multinomial logistic regression, the penalty chosen by cross-validation.</summary>
    /// <exception cref="InputException">The task's examples have no single class.</exception>
    public static LinearClassifier Logistic(FineTuningTask task, IReadOnlyList<Feature> features, FeatureTable table)
    {
        if (features.Any(feature => feature.Target.Class is null))
            throw new InputException($"--classifier logistic tells classes apart; {task.Name} has none: use --classifier linear");
        if (!task.Loss.IsPlain) throw new InputException("--classifier logistic has no class weights and no label smoothing: use --classifier linear");
        int[] labels = [.. features.Select(feature => (int)feature.Target.Class!.Value)];
        return LogisticRegression.FitWithChosenPenalty(table.Vectors, table.Width, labels, task.Labels.Count).ToLinear((weight, bias, mean, scale) => LinearClassifier.OnFeatures(weight, bias, mean, scale));
    }

    /// <summary>The one that AdamW trains on standardised features, with the task's loss.</summary>
    public static LinearClassifier Linear(
        FineTuningTask task, IBatchSource batches, IReadOnlyList<Feature> features, FeatureTable table, TrainingOptions options, int outputs, IReadOnlyList<ITrainingObserver> observers, CancellationToken cancellation)
    {
        (float[] mean, float[] scale) = LogisticRegression.Standardization(table.Vectors, table.Width);
        using DisposeScope scope = NewDisposeScope();
        Tensor standardised = (tensor(table.Vectors, [features.Count, table.Width]) - tensor(mean)) * tensor(scale);
        Projection output = new(table.Width, outputs, Init.Zeros);
        foreach (DeclaredParameter parameter in output.Declared()) parameter.Init.Fill(parameter.Value, parameter.Name, options.Seed);
        Dictionary<Feature, long> rows = features.Select((feature, i) => (feature, i)).ToDictionary(pair => pair.feature, pair => (long)pair.i, (IEqualityComparer<Feature>)ReferenceEqualityComparer.Instance);
        using (Trainer trainer = new(new Trainable(task, output, standardised, rows), batches, options, folder: null, observers)) trainer.Run(cancellation);
        double[] weight = [.. output.Weight.data<float>().Select(value => (double)value)], bias = [.. output.Bias!.data<float>().Select(value => (double)value)];
        foreach (Parameter parameter in new[] { output.Weight, output.Bias }) parameter.Dispose();
        return LinearClassifier.OnFeatures(weight, bias, mean, scale);
    }

    /// <summary>The matrix with the task's loss on rows of the table.</summary>
    private sealed class Trainable(FineTuningTask task, Projection output, Tensor vectors, Dictionary<Feature, long> rows) : ITrainable
    {
        public nn.Module Module => output;

        public IReadOnlyList<string> LossTerms => ["loss"];

        public Tensor[] LossSums(IMicroBatch batch, StepContext context)
        {
            IReadOnlyList<Feature> features = ((FeatureBatch)batch).Features;
            Tensor own = vectors.index_select(0, tensor((long[])[.. features.Select(feature => rows[feature])]));
            HeadOutput scores = new() { Logits = output.Forward(own, LayerContext.Rowwise) };
            return [WeightedLoss.OfText(task, scores, new Collator(BatchLayout.Packed, 0).Targets(features))];
        }
    }
}
