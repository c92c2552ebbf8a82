using Graft.Torch;
using Graft.Torch.Dropout;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Tests.Torch;

public sealed class OpsTests
{
    [Theory]
    [InlineData(1, 8, 8)]
    [InlineData(7, 5, 3)]
    [InlineData(64, 96, 33)]
    [InlineData(129, 384, 256)]
    public void LinearEqualsLibtorch(int rows, int width, int output)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] inputs = [TensorAssert.Normal(1, 2, rows, width), TensorAssert.Normal(2, output, width), TensorAssert.Normal(3, output)];
        TensorAssert.SameFunction(x => functional.linear(x[0], x[1], x[2]), x => Ops.Linear(x[0], x[1], x[2]), inputs, 2e-5, "linear");
        TensorAssert.SameFunction(
            x => functional.linear(x[0], x[1]),
            x => Ops.Linear(x[0], x[1]),
            inputs[..2],
            2e-5,
            "linear without bias"
        );
        TensorAssert.SameFunction(
            x => functional.linear(x[0], x[1].t(), x[2]),
            x => Ops.Linear(x[0], x[1].t(), x[2]),
            [inputs[0], TensorAssert.Normal(2, width, output), inputs[2]],
            2e-5,
            "linear of a transposed view"
        );
        TensorAssert.SameFunction(
            x => functional.linear(x[0].transpose(0, 1), x[1], x[2]),
            x => Ops.Linear(x[0].transpose(0, 1), x[1], x[2]),
            inputs,
            2e-5,
            "linear of a transposed input"
        );
    }

    [Fact]
    public void LinearRefusesAnotherWidth() =>
        Assert.Throws<ArgumentException>(() => Ops.Linear(ones([2, 3]), ones([4, 5])));

    [Theory]
    [InlineData(Activation.GeluErf)]
    [InlineData(Activation.GeluTanh)]
    [InlineData(Activation.Relu)]
    [InlineData(Activation.Silu)]
    [InlineData(Activation.Tanh)]
    [InlineData(Activation.Sigmoid)]
    [InlineData(Activation.None)]
    public void ActivationsEqualLibtorch(Activation activation)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = TensorAssert.Normal(4, 13, 37) * 3;
        TensorAssert.SameFunction(v => Plain(v[0], activation), v => Ops.Activate(v[0], activation), [x], 2e-6, activation.ToString());
        Tensor[] inputs = [TensorAssert.Normal(5, 3, 11, 16), TensorAssert.Normal(6, 40, 16), TensorAssert.Normal(7, 40)];
        TensorAssert.SameFunction(
            v => Plain(functional.linear(v[0], v[1], v[2]), activation),
            v => Ops.LinearActivation(v[0], v[1], v[2], activation),
            inputs,
            1e-5,
            "linear + " + activation
        );
    }

    [Theory]
    [InlineData(Activation.GeluErf)]
    [InlineData(Activation.GeluTanh)]
    [InlineData(Activation.Silu)]
    [InlineData(Activation.Relu)]
    public void AGateIsTheProductOfAnActivationAndTheOtherHalf(Activation activation)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (
            Tensor x in (Tensor[])
                [TensorAssert.Normal(4, 70, 2 * 37) * 3, TensorAssert.Normal(5, 3, 5, 2 * 16), TensorAssert.Normal(6, 2 * 24, 9).t()]
        )
            TensorAssert.SameFunction(
                v => Plain(v[0].chunk(2, -1)[0], activation) * v[0].chunk(2, -1)[1],
                v => Ops.Gate(v[0], activation),
                [x],
                5e-6,
                "gate " + activation
            );
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void RotationIsComplexMultiplication(int rowsOfAngles)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor padded = TensorAssert.Normal(1, 3, 7, 2, 20).transpose(1, 2), angles = TensorAssert.Normal(2, rowsOfAngles, 1, 7, 10);
        TensorAssert.SameFunction(v => Turned(v[0], angles), v => Ops.Rotate(v[0], angles.cos(), angles.sin()), [padded], 2e-6, "padded");
        Tensor packed = TensorAssert.Normal(3, 11, 3, 2, 32).transpose(1, 2),
            ofPacked = TensorAssert.Normal(4, 11, 1, 16);
        TensorAssert.SameFunction(
            v => Turned(v[0].select(2, 1), ofPacked),
            v => Ops.Rotate(v[0].select(2, 1), ofPacked.cos(), ofPacked.sin()),
            [packed],
            2e-6,
            "packed, a slice of a wider projection"
        );
    }

    [Fact]
    public void GeluHoldsOverTheWholeRange()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = cat([linspace(-30, 30, 20001), tensor([0f, -0f, 1e-30f, -1e-30f, 1e4f, -1e4f])]);
        foreach (Activation activation in new[] { Activation.GeluErf, Activation.GeluTanh })
            TensorAssert.SameFunction(
                v => Plain(v[0], activation).div(1 + v[0].detach().abs()),
                v => Ops.Activate(v[0], activation).div(1 + v[0].detach().abs()),
                [x],
                1e-6,
                activation.ToString()
            );
    }

    [Theory]
    [InlineData(1, 7)]
    [InlineData(33, 64)]
    [InlineData(5, 387)]
    [InlineData(200, 768)]
    public void NormsEqualLibtorch(int rows, int width)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] inputs =
        [
            (TensorAssert.Normal(8, rows, width) * 2) + 0.5,
            TensorAssert.Normal(9, width),
            TensorAssert.Normal(10, width),
            TensorAssert.Normal(11, rows, width),
        ];
        TensorAssert.SameFunction(
            x => functional.layer_norm(x[0], [width], x[1], x[2], 1e-12),
            x => Ops.LayerNorm(x[0], x[1], x[2], 1e-12),
            inputs[..3],
            1e-5,
            "layer norm"
        );
        TensorAssert.SameFunction(
            x => functional.layer_norm(x[0], [width], x[1], null, 1e-5),
            x => Ops.LayerNorm(x[0], x[1], null, 1e-5),
            inputs[..2],
            1e-5,
            "layer norm without bias"
        );
        TensorAssert.SameFunction(
            x => x[0] * x[0].square().mean([-1L], true).add(1e-6).rsqrt() * x[1],
            x => Ops.RmsNorm(x[0], x[1], 1e-6),
            inputs[..2],
            1e-5,
            "RMS norm"
        );
        TensorAssert.SameFunction(
            x => functional.layer_norm(x[0] + x[3], [width], x[1], x[2], 1e-12),
            x => Ops.DropoutAddLayerNorm(x[0], x[3], x[1], x[2], 1e-12, 0.1, DropoutSite.None), inputs, 1e-5, "add + layer norm");
    }

    [Theory]
    [InlineData(30, 21)]
    [InlineData(4, 768)]
    public void DroppedAndNormalizedEqualsItsParts(int rows, int width)
    {
        using DisposeScope scope = NewDisposeScope();
        DropoutSite site = DropoutPlan.Padded(3, [5], rows).Site(7);
        Tensor[] inputs =
        [
            TensorAssert.Normal(8, rows, width),
            TensorAssert.Normal(9, rows, width),
            TensorAssert.Normal(10, width),
            TensorAssert.Normal(11, width),
        ];
        Tensor factors = Ops.Dropout(ones([rows, width]), 0.1, site);
        TensorAssert.SameFunction(
            x => functional.layer_norm(x[1] + (x[0] * factors), [width], x[2], x[3], 1e-12),
            x => Ops.DropoutAddLayerNorm(x[0], x[1], x[2], x[3], 1e-12, 0.1, site),
            inputs,
            1e-5,
            "dropout + add + layer norm"
        );
        TensorAssert.SameFunction(
            x => x[1] + (x[0] * factors),
            x => Ops.DropoutAdd(x[0], x[1], 0.1, site),
            inputs[..2],
            1e-6,
            "dropout + add"
        );
        TensorAssert.SameFunction(x => x[0] * factors, x => Ops.Dropout(x[0], 0.1, site), inputs[..1], 1e-6, "dropout");
    }

    [Fact]
    public void EmbeddingEqualsLibtorch()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor ids = tensor(new long[] { 3, 0, 3, 9, 1, 0, 0, 3 }, [2, 4]);
        Tensor table = TensorAssert.Normal(12, 10, 17);
        TensorAssert.SameFunction(
            x => x[0].index_select(0, ids.flatten()).view(2, 4, 17),
            x => Ops.Embedding(ids, x[0]),
            [table],
            1e-6,
            "embedding"
        );
        Tensor counts = ids.flatten().ne(0).to(ScalarType.Float32).unsqueeze(1);
        TensorAssert.SameFunction(
            x =>
                ((x[0].index_select(0, ids.flatten()) * counts) + (x[0].detach().index_select(0, ids.flatten()) * (1 - counts))).view(
                    2,
                    4,
                    17
                ),
            x => Ops.Embedding(ids, x[0], paddingIdx: 0),
            [table],
            1e-6,
            "embedding with padding"
        );
    }

    [Fact]
    public void CrossEntropySumsOverCountedRows()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor targets = tensor(new long[] { 2, -100, 0, 6, -100 });
        TensorAssert.SameFunction(
            x => functional.cross_entropy(x[0], targets, ignore_index: -100, reduction: Reduction.Sum),
            x => Ops.CrossEntropySum(x[0], targets),
            [TensorAssert.Normal(13, 5, 7)],
            1e-5,
            "cross entropy"
        );
    }

    private static Tensor Turned(Tensor x, Tensor angles)
    {
        Tensor[] halves = x.chunk(2, -1);
        Tensor turned = complex(halves[0], halves[1]) * polar(ones_like(angles), angles);
        return cat([turned.real, turned.imag], -1);
    }

    private static Tensor Plain(Tensor x, Activation activation) => activation switch
    {
        Activation.GeluErf => functional.gelu(x),
        Activation.GeluTanh => 0.5 * x * (1 + tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
        Activation.Relu => x.relu(),
        Activation.Silu => x * x.sigmoid(),
        Activation.Tanh => x.tanh(),
        Activation.Sigmoid => x.sigmoid(),
        _ => x * 1,
    };
}
