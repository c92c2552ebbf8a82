using Graft.Backbones;
using Graft.Pretrained;
using Graft.Tests.Contracts;
using Graft.Torch;
using Graft.Torch.Compute;
using Graft.Torch.Kernels;
using Graft.Torch.Operations;
using Graft.Torch.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Torch;

/// <summary>bfloat16 products, whether or not this processor is fast at them.</summary>
public sealed class PrecisionTests
{
    [Fact]
    public void ValuesAndGradientsOfALayerAreThoseOfFp32ToEightBits()
    {
        using DisposeScope scope = NewDisposeScope();
        TensorAssert.SameFunction(
            x => nn.functional.gelu(nn.functional.linear(x[0], x[1], x[2])),
            x =>
            {
                using ComputeScope computing = new ComputeContext { Precision = Precision.Bf16 }.Enter();
                return Ops.LinearActivation(x[0], x[1], x[2], Activation.GeluErf);
            },
            [TensorAssert.Leaf(1, 40, 24), TensorAssert.Leaf(2, 16, 24), TensorAssert.Leaf(3, 16)], 2e-2, "bfloat16");
    }

    [Fact]
    public void ConversionsGiveTheBitsOfLibtorch()
    {
        using DisposeScope scope = NewDisposeScope();
        // Every upper half with what is cut off below, at and above a tie: all signs, exponents, infinities and values that are no number.
        float[] given =
        [
            .. Enumerable
                .Range(0, 1 << 16)
                .SelectMany(
                    _ => new[] { 0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF },
                    (upper, lower) => BitConverter.Int32BitsToSingle((upper << 16) | lower)
                ),
        ];
        Tensor values = tensor(given).view(-1, 3),
            expected = values.to(ScalarType.BFloat16),
            wide = expected.to(ScalarType.Float32);
        AssertSame(wide, Bf16Kernels.ToBf16(values).to(ScalarType.Float32));
        AssertSame(wide, Bf16Kernels.FromBf16(expected));
        Tensor bias = TensorAssert.Normal(1, 3), target = bias.expand(wide.shape[0], 3).contiguous();
        AssertSame(wide + bias, Bf16Kernels.FromBf16(expected, bias));
        Bf16Kernels.AddBf16(expected, target);
        AssertSame(wide + bias, target);

        static void AssertSame(Tensor expected, Tensor actual) =>
            Assert.Equal(expected.data<float>().ToArray(), actual.data<float>().ToArray());
    }

    [Fact]
    public void AModelLearnsAsInFp32AndItsWeightsStayFp32()
    {
        double exact = LastLoss(Precision.Fp32, out _), rounded = LastLoss(Precision.Bf16, out ScalarType weights);
        Assert.Equal(ScalarType.Float32, weights);
        Assert.NotEqual(exact, rounded);
        Assert.InRange(rounded, exact * 0.95, exact * 1.05);
    }

    [Fact]
    public void AProcessorWithoutItIsNamed()
    {
        Assert.Equal(Precision.Fp32, Precisions.Parse("fp32"));
        Assert.Contains("fp32 or bf16", Assert.Throws<InputException>(() => Precisions.Parse("fp16")).Message, StringComparison.Ordinal);
        if (Bf16.IsFast) Assert.Equal(Precision.Bf16, Precisions.Parse("bf16"));
        else Assert.Contains(Bf16.Found, Assert.Throws<InputException>(() => Precisions.Parse("bf16")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ADeviceIsCpuOrRefusedInOneLine()
    {
        ComputeDevice.Parse("cpu").Require();
        Assert.Equal("cuda:1", ComputeDevice.Parse("cuda:1").ToString());
        InputException refused = Assert.Throws<InputException>(() =>
            new ComputeContext { Device = ComputeDevice.Parse("cuda:0") }.Validate()
        );
        Assert.Equal(("device", "cuda:0"), (refused.Key, refused.Value));
        Assert.StartsWith("cpu", refused.Allowed, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => ComputeDevice.Parse("tpu"));
    }

    /// <summary>30 updates of AdamW towards fixed states.</summary>
    private static double LastLoss(Precision precision, out ScalarType weights)
    {
        using ComputeScope computing = new ComputeContext { Precision = precision }.Enter();
        using DisposeScope outer = NewDisposeScope();
        using PretrainedModel model = PretrainedModel.Create(TinyModels.Config("bert"), HeadKinds.None, 3);
        using FlatParameters flat = new([.. model.Parameters.Select(p => new TrainedParameter(p.Name, p.Value, true))]);
        using Graft.Torch.Optimizers.AdamW adam = new(flat, new AdamWOptions());
        Graft.Layers.EncoderInput input = TinyModels.Padded(4, 12, 12);
        Tensor target = TensorAssert.Normal(5, 2, 12, model.Backbone.HiddenSize);
        double last = 0;
        for (int step = 0; step < 30; step++)
        {
            using DisposeScope scope = NewDisposeScope();
            flat.ZeroGradients();
            Tensor loss = (model.Backbone.Forward(input).LastHiddenState - target).square().mean();
            last = loss.item<float>();
            loss.backward();
            adam.Step(3e-3);
        }

        weights = model.Parameters.First().Value.dtype;
        return last;
    }
}
