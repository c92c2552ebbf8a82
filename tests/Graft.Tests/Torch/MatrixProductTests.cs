using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Tests.Torch;

public sealed class MatrixProductTests
{
    [Fact]
    public void Both_libraries_give_the_same_product()
    {
        Engine.Start();
        using DisposeScope scope = NewDisposeScope();
        Tensor x = TensorAssert.Normal(1, 65, 48), weight = TensorAssert.Normal(2, 96, 48), bias = TensorAssert.Normal(3, 96);
        Tensor expected = functional.linear(x, weight, bias);
        TensorAssert.Close(expected, Dispatcher.LinearPointwise(x, weight, bias, "none"u8, default), 1e-5, "oneDNN");
        TensorAssert.Close(expected, Dispatcher.LinearPointwise(x, Dispatcher.ReorderLinearWeight(weight, 65), bias, "none"u8, default), 1e-5, "oneDNN, prepacked");
        TensorAssert.Close(functional.gelu(expected), Dispatcher.LinearPointwise(x, weight, bias, "gelu"u8, "none"u8), 1e-5, "oneDNN + GELU");
    }

    [Fact]
    public void The_peak_is_measured()
    {
        PeakRate peak = MatrixProduct.MeasurePeak(3);
        Assert.True(peak.Gflops > 1, $"{peak}");
        Assert.Equal(MatrixLibrary.OneDnn, MatrixProduct.Parse("oneDNN"));
        Assert.Throws<InputException>(() => MatrixProduct.Parse("blas"));
        TestContext.Current.SendDiagnosticMessage($"{peak}");
    }
}
