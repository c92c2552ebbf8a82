using Graft.Torch.Dropout;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Torch;

public sealed class DropoutTests
{
    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.003)]
    public void DropsItsShareAndKeepsTheExpectation(double probability)
    {
        using DisposeScope scope = NewDisposeScope();
        const int Rows = 1000, Width = 1000;
        Tensor dropped = Ops.Dropout(ones([Rows, Width]), probability, DropoutPlan.Padded(1, [0], Rows).Site(0));
        double share = dropped.eq(0).to(ScalarType.Float32).mean().item<float>();
        double deviation = Math.Sqrt(probability * (1 - probability) / (Rows * Width));
        Assert.InRange(share, probability - (5 * deviation) - 1e-5, probability + (5 * deviation) + 1e-5);
        Assert.InRange(dropped.mean().item<float>(), 1 - (6 * deviation / (1 - probability)), 1 + (6 * deviation / (1 - probability)));
        // No row, column or neighbour stands out: each mean is binomial.
        foreach (int dimension in new[] { 0, 1 })
        {
            Tensor means = dropped.eq(0).to(ScalarType.Float32).mean([dimension]);
            double spread = means.std().item<float>(), expected = Math.Sqrt(probability * (1 - probability) / 1000);
            Assert.InRange(spread, 0.9 * expected, 1.1 * expected);
        }
    }

    [Fact]
    public void NeighboursRowsAndSitesAreIndependent()
    {
        using DisposeScope scope = NewDisposeScope();
        DropoutPlan plan = DropoutPlan.Padded(1, [0], 1000);
        Tensor x = Ops.Dropout(ones([1000, 1000]), 0.5, plan.Site(0)) - 1;
        Tensor y = Ops.Dropout(ones([1000, 1000]), 0.5, plan.Site(1)) - 1;
        foreach (
            (Tensor a, Tensor b, string what) in new[]
            {
                (x[.., ..^1], x[.., 1..], "neighbouring elements"),
                (x[..^1], x[1..], "neighbouring rows"),
                (x, y, "sites"),
                (x[.., ..^2], x[.., 2..], "elements two apart"),
            }
        )
        {
            Assert.True(Math.Abs((a * b).mean().item<float>()) < 0.005, what);
        }
    }

    [Fact]
    public void MasksDependOnSequenceAndPositionOnly()
    {
        using DisposeScope scope = NewDisposeScope();
        const int Width = 100;
        Tensor padded = Ops.Dropout(ones([3, 8, Width]), 0.3, DropoutPlan.Padded(5, [0, 1, 2], 8).Site(2));
        Tensor packed = Ops.Dropout(ones([7, Width]), 0.3, DropoutPlan.Packed(5, [2, 0], [3, 4]).Site(2));
        TensorAssert.Close(padded[2, ..3], packed[..3], 0, "sequence 2");
        TensorAssert.Close(padded[0, ..4], packed[3..], 0, "sequence 0");
        Tensor again = Ops.Dropout(ones([3, 8, Width]), 0.3, DropoutPlan.Padded(5, [0, 1, 2], 8).Site(2));
        TensorAssert.Close(padded, again, 0, "the same plan");
        Tensor other = Ops.Dropout(ones([3, 8, Width]), 0.3, DropoutPlan.Padded(6, [0, 1, 2], 8).Site(2));
        Assert.True((padded - other).abs().sum().item<float>() > 100, "another seed draws other masks");
    }

    [Fact]
    public void PooledStatesAreDroppedBySequence()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor whole = Ops.Dropout(ones([3, 64]), 0.5, DropoutPlan.Padded(5, [0, 1, 2], 8).Site(2));
        Tensor part = Ops.Dropout(ones([2, 64]), 0.5, DropoutPlan.Packed(5, [2, 1], [3, 4]).Site(2));
        TensorAssert.Close(whole[2], part[0], 0, "sequence 2");
        TensorAssert.Close(whole[1], part[1], 0, "sequence 1");
    }

    [Fact]
    public void EvaluationChangesNothing()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = TensorAssert.Normal(1, 4, 5);
        Assert.Same(x, Ops.Dropout(x, 0.5, DropoutSite.None));
        Assert.Same(x, Ops.Dropout(x, 0, DropoutPlan.Padded(1, [0], 4).Site(0)));
        Assert.Throws<ArgumentException>(() => Ops.Dropout(x, 0.5, DropoutPlan.Padded(1, [0], 5).Site(0)));
    }
}
