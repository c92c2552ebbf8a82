using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Torch;

/// <summary>Comparisons of tensors that name what differs, and draws that replay.</summary>
internal static class TensorAssert
{
    /// <summary>Largest difference at most <paramref name="tolerance"/> times the larger of 1 and the largest expected value.</summary>
    public static void Close(Tensor expected, Tensor actual, double tolerance, string what)
    {
        Assert.True(
            expected.shape.SequenceEqual(actual.shape),
            $"{what}: shape [{string.Join(", ", actual.shape)}] instead of [{string.Join(", ", expected.shape)}]"
        );
        if (expected.numel() == 0)
            return;
        double scale = Math.Max(1, expected.abs().max().item<float>());
        double difference = (expected - actual).abs().max().item<float>();
        Assert.True(difference <= tolerance * scale, $"{what}: largest difference {difference:g3} at values up to {scale:g3}");
    }

    /// <summary>Normal draws of a seed.</summary>
    public static Tensor Normal(ulong seed, params long[] shape)
    {
        CounterRandom random = new(CounterRandom.Key(seed));
        float[] values = new float[shape.Aggregate(1L, (a, b) => a * b)];
        for (int i = 0; i < values.Length; i++) values[i] = (float)random.NextNormal();
        return tensor(values, shape);
    }

    /// <summary>A leaf with a gradient.</summary>
    public static Tensor Leaf(ulong seed, params long[] shape) => Normal(seed, shape).requires_grad_();

    /// <summary>Values and gradients of a function equal those of its plain form, for the same upstream gradient.</summary>
    public static void SameFunction(
        Func<Tensor[], Tensor> expected,
        Func<Tensor[], Tensor> actual,
        Tensor[] inputs,
        double tolerance,
        string what
    )
    {
        Tensor[] first = [.. inputs.Select(x => x.detach().clone().requires_grad_())],
            second = [.. inputs.Select(x => x.detach().clone().requires_grad_())];
        Tensor a = expected(first),
            b = actual(second);
        Close(a, b, tolerance, what);
        Tensor upstream = Normal(99, a.shape);
        (a * upstream).sum().backward();
        (b * upstream).sum().backward();
        for (int i = 0; i < inputs.Length; i++)
            Close(
                first[i].grad ?? zeros_like(inputs[i]),
                second[i].grad ?? zeros_like(inputs[i]),
                tolerance,
                $"{what}, gradient of input {i}"
            );
    }
}
