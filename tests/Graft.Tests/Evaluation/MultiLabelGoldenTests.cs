using System.Text.Json;
using Graft.Evaluation;

namespace Graft.Tests.Evaluation;

public sealed class MultiLabelGoldenTests
{
    [Fact]
    public void EqualScikitLearn()
    {
        foreach (JsonElement example in Golden.Cases("multilabel.json"))
        {
            string name = example.Name();
            bool[][] truth = example.Bits("y_true"), predicted = example.Bits("y_pred");
            Golden.Equal(example.Expected("subset_accuracy"), SubsetAccuracy.Of(truth, predicted), name);
            Golden.Equal(example.Expected("hamming_loss"), HammingLoss.Of(truth, predicted), name);
            Golden.Equal(example.Expected("jaccard_samples"), JaccardIndex.Of(truth, predicted), name);
            Golden.Equal(
                example.Expected("roc_auc_macro_over_labels_with_both_values"),
                MultiLabelRanking.MacroRocAuc(truth, example.Matrix("score")),
                name
            );
            Golden.Equal(
                example.Expected("average_precision_per_label"),
                MultiLabelRanking.AveragePrecisions(truth, example.Matrix("score")),
                name
            );
            foreach (int zeroDivision in (int[])[0, 1])
            {
                JsonElement expected = example.Expected($"zero_division_{zeroDivision}");
                ClassificationGoldenTests.Equal(
                    expected.GetProperty("micro"),
                    MultiLabelPrecisionRecallF1.Micro(truth, predicted, zeroDivision),
                    name + " micro"
                );
                ClassificationGoldenTests.Equal(
                    expected.GetProperty("macro"),
                    MultiLabelPrecisionRecallF1.Macro(truth, predicted, zeroDivision),
                    name + " macro"
                );
                ClassificationGoldenTests.Equal(
                    expected.GetProperty("weighted"),
                    MultiLabelPrecisionRecallF1.Weighted(truth, predicted, zeroDivision),
                    name + " weighted"
                );
                ClassificationGoldenTests.Equal(
                    expected.GetProperty("samples"),
                    MultiLabelPrecisionRecallF1.Samples(truth, predicted, zeroDivision),
                    name + " samples"
                );
            }
        }
    }
}
