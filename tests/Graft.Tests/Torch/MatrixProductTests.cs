using Graft.Torch.Compute;
using Graft.Torch.Kernels;
using Graft.Torch.Measurement;
using Graft.Torch.Native;
using Graft.Torch.Products;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Tests.Torch;

public sealed class MatrixProductTests
{
    [Fact]
    public void BothLibrariesGiveTheSameProduct()
    {
        Engine.Start();
        using DisposeScope scope = NewDisposeScope();
        Tensor x = TensorAssert.Normal(1, 65, 48), weight = TensorAssert.Normal(2, 96, 48), bias = TensorAssert.Normal(3, 96);
        Tensor expected = functional.linear(x, weight, bias);
        TensorAssert.Close(expected, Dispatcher.LinearPointwise(x, weight, bias, "none"u8, default), 1e-5, "oneDNN");
        TensorAssert.Close(
            expected,
            Dispatcher.LinearPointwise(x, Dispatcher.ReorderLinearWeight(weight, 65), bias, "none"u8, default),
            1e-5,
            "oneDNN, prepacked"
        );
        TensorAssert.Close(
            functional.gelu(expected),
            Dispatcher.LinearPointwise(x, weight, bias, "gelu"u8, "none"u8),
            1e-5,
            "oneDNN + GELU"
        );
    }

    [Fact]
    public void ThePeakIsMeasured()
    {
        PeakRate peak = PeakRate.Measure(3);
        Assert.True(peak.Gflops > 1, $"{peak}");
        Assert.True(PeakRate.MeasureBf16(1) is null or > 1);
        Assert.Equal(MatrixLibrary.OneDnn, MatrixLibraries.Parse("oneDNN"));
        Assert.Throws<InputException>(() => MatrixLibraries.Parse("blas"));
        TestContext.Current.SendDiagnosticMessage($"{peak}");
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 40)]
    [InlineData(48, 16)]
    [InlineData(877, 389)]
    public void TransposedMovesEveryValue(long rows, long columns)
    {
        Engine.Start();
        using DisposeScope scope = NewDisposeScope();
        Tensor matrix = TensorAssert.Normal(4, rows, columns), transposed = ColumnKernels.Transposed(matrix);
        Assert.True(transposed.is_contiguous());
        Assert.True(transposed.equal(matrix.t()).all().item<bool>());
    }

    [Theory]
    [InlineData(300, 1024)] // long rows, enough of them: a transposed copy
    [InlineData(8, 1024)]
    [InlineData(300, 1000)]
    public void TheWeightMayBeCopiedOnTheWay(long rows, long inputs)
    {
        Engine.Start();
        using DisposeScope scope = NewDisposeScope();
        Tensor x = TensorAssert.Normal(8, rows, inputs), weight = TensorAssert.Normal(9, 40, inputs), bias = TensorAssert.Normal(10, 40);
        TensorAssert.Close(functional.linear(x, weight, bias), MatrixProduct.OneDnnLinear(x, weight, bias), 1e-5, "oneDNN");
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void TheGradientOfAWeightIsAddedToTheOneItHas(ScalarType type)
    {
        Engine.Start();
        using DisposeScope scope = NewDisposeScope();
        Tensor gradient = TensorAssert.Normal(5, 65, 48).to(type),
            x = TensorAssert.Normal(6, 65, 33).to(type),
            target = TensorAssert.Normal(7, 48, 33);
        Tensor product = gradient.to(ScalarType.Float32).t().mm(x.to(ScalarType.Float32)),
            sum = target + product;
        double tolerance = type == ScalarType.Float32 ? 1e-5 : 5e-3; // bfloat16 keeps eight bits
        TensorAssert.Close(product, MatrixProduct.WeightGradient(gradient, x, null)!, tolerance, "a product of its own");
        Assert.Null(MatrixProduct.WeightGradient(gradient, x, target));
        TensorAssert.Close(sum, target, tolerance, "added");
    }

    [Theory]
    [InlineData(5, 3)]
    [InlineData(768, 2304)]
    [InlineData(33, 1031)]
    public void OneRowTimesAMatrixIsTheSameHoweverItLies(long inputs, long outputs)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor x = randn(1, inputs),
            weight = randn(outputs, inputs),
            bias = randn(outputs);
        Tensor exact = nn
            .functional.linear(x.to(ScalarType.Float64), weight.to(ScalarType.Float64), bias.to(ScalarType.Float64))
            .to(ScalarType.Float32);
        foreach (Tensor stored in (Tensor[])[weight, weight.t().contiguous().t()])
        {
            Assert.True(RowProduct.Applies(x, stored));
            Assert.True((RowProduct.Run(x, stored, bias) - exact).abs().max().item<float>() < 1e-4f);
            Assert.True((RowProduct.Run(x, stored, null) + bias - exact).abs().max().item<float>() < 1e-4f);
        }

        Assert.False(RowProduct.Applies(randn(2, inputs), weight));
        Assert.False(RowProduct.Applies(x, randn(outputs, 2 * inputs).slice(1, 0, inputs, 1)));
    }
}
