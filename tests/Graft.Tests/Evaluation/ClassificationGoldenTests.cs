using System.Text.Json;
using Graft.Evaluation;

namespace Graft.Tests.Evaluation;

public sealed class ClassificationGoldenTests
{
    [Fact]
    public void EqualScikitLearn()
    {
        foreach (JsonElement example in Golden.Cases("classification.json"))
        {
            string name = example.Name();
            ConfusionMatrix confusion = new(example.Ints("y_true"), example.Ints("y_pred"), example.GetProperty("classes").GetInt32());
            Golden.Equal(example.Expected("accuracy"), Accuracy.Of(confusion), name);
            Golden.Equal(example.Expected("accuracy"), Accuracy.Of(example.Ints("y_true"), example.Ints("y_pred")), name);
            Golden.Equal(example.Expected("matthews"), MatthewsCorrelation.Of(confusion), name);
            Golden.Equal(example.Expected("balanced_accuracy"), BalancedAccuracy.Of(confusion), name);
            Golden.Equal(example.Expected("cohen_kappa"), CohenKappa.Of(confusion), name);
            JsonElement mean = example.Expected("mrpc_acc_and_f1");
            if (mean.ValueKind != JsonValueKind.Null) Golden.Equal(mean, Accuracy.MeanWithF1(confusion), name);
            JsonElement[] rows = example.Expected("confusion").EnumerateArray().ToArray();
            for (int truth = 0; truth < confusion.Classes; truth++)
            {
                Golden.Equal(
                    rows[truth],
                    Enumerable.Range(0, confusion.Classes).Select(predicted => (double)confusion[truth, predicted]).ToArray(),
                    name
                );
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void AveragesEqualScikitLearnForEitherZeroDivision(int zeroDivision)
    {
        foreach (JsonElement example in Golden.Cases("classification.json"))
        {
            ConfusionMatrix confusion = new(example.Ints("y_true"), example.Ints("y_pred"), example.GetProperty("classes").GetInt32());
            JsonElement expected = example.Expected($"zero_division_{zeroDivision}");
            Equal(expected.GetProperty("micro"), PrecisionRecallF1.Micro(confusion, zeroDivision), example.Name() + " micro");
            Equal(expected.GetProperty("macro"), PrecisionRecallF1.Macro(confusion, zeroDivision), example.Name() + " macro");
            Equal(expected.GetProperty("weighted"), PrecisionRecallF1.Weighted(confusion, zeroDivision), example.Name() + " weighted");
            Equal(
                expected.GetProperty("macro_over_classes_that_occur"),
                PrecisionRecallF1.Macro(confusion, zeroDivision, onlyOccurring: true),
                example.Name() + " occurring"
            );
            if (expected.TryGetProperty("binary", out JsonElement binary))
                Equal(binary, PrecisionRecallF1.Binary(confusion, zeroDivision: zeroDivision), example.Name() + " binary");
            PrecisionRecallF1[] classes = PrecisionRecallF1.PerClass(confusion, zeroDivision);
            JsonElement perClass = expected.GetProperty("per_class");
            Golden.Equal(perClass.GetProperty("precision"), classes.Select(c => c.Precision).ToArray(), example.Name());
            Golden.Equal(perClass.GetProperty("recall"), classes.Select(c => c.Recall).ToArray(), example.Name());
            Golden.Equal(perClass.GetProperty("f1"), classes.Select(c => c.F1).ToArray(), example.Name());
            Golden.Equal(perClass.GetProperty("support"), classes.Select((_, c) => (double)confusion.Support(c)).ToArray(), example.Name());
        }
    }

    internal static void Equal(JsonElement expected, PrecisionRecallF1 actual, string what)
    {
        Golden.Equal(expected.GetProperty("precision"), actual.Precision, what + " precision");
        Golden.Equal(expected.GetProperty("recall"), actual.Recall, what + " recall");
        Golden.Equal(expected.TryGetProperty("f1", out JsonElement f1) ? f1 : expected.GetProperty("f1-score"), actual.F1, what + " F1");
    }
}
