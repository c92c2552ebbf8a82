using System.Text.Json;
using Graft.Evaluation;

namespace Graft.Tests.Evaluation;

public sealed class RegressionGoldenTests
{
    [Fact]
    public void EqualScikitLearnAndScipy()
    {
        foreach (JsonElement example in Golden.Cases("regression.json"))
        {
            string name = example.Name();
            double[] truth = example.Doubles("y_true"), predicted = example.Doubles("y_pred");
            Golden.Equal(example.Expected("mse"), MeanSquaredError.Of(truth, predicted), name + " MSE");
            Golden.Equal(example.Expected("rmse"), MeanSquaredError.Root(truth, predicted), name + " RMSE");
            Golden.Equal(example.Expected("mae"), MeanAbsoluteError.Of(truth, predicted), name + " MAE");
            Golden.Equal(example.Expected("r2"), RSquared.Of(truth, predicted), name + " R²");
            Golden.Equal(example.Expected("pearson"), PearsonCorrelation.Of(truth, predicted), name + " Pearson");
            Golden.Equal(example.Expected("spearman"), SpearmanCorrelation.Of(truth, predicted), name + " Spearman");
            Golden.Equal(example.Expected("stsb_mean_of_both"), SpearmanCorrelation.MeanWithPearson(truth, predicted), name + " mean");
            Golden.Equal(example.Expected("kendall_tau_b"), KendallTau.Of(truth, predicted), name + " Kendall");
            Golden.Equal(example.Expected("ranks_of_y_true"), SpearmanCorrelation.Ranks(truth), name + " ranks");
        }
    }
}
