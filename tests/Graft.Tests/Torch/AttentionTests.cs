using Graft.Torch;
using Graft.Torch.Dropout;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Tests.Torch;

public sealed class AttentionTests
{
    private static readonly int[] s_lengths = [5, 1, 17, 9];

    [Theory]
    [InlineData(1, 1, 1, 4)]
    [InlineData(2, 3, 7, 8)]
    [InlineData(2, 4, 33, 32)]
    [InlineData(1, 2, 130, 64)]
    [InlineData(2, 2, 19, 20)]
    public void PaddedEqualsTheFormula(int batch, int heads, int tokens, int size)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] inputs = Inputs(batch, heads, tokens, size);
        double scale = 1 / Math.Sqrt(size);
        TensorAssert.SameFunction(
            x => Formula(x, scale, null),
            x => Ops.Attention(x[0], x[1], x[2], AttentionLayout.Padded(null), scale),
            inputs,
            1e-5,
            "attention"
        );
        Tensor attended = ones([batch, tokens], ScalarType.Int64);
        if (tokens > 2) attended[0, (tokens - 2)..] = tensor(0L);
        Tensor mask = AttentionLayout.AdditiveMask(attended);
        TensorAssert.SameFunction(
            x => Formula(x, scale, mask),
            x => Ops.Attention(x[0], x[1], x[2], AttentionLayout.Padded(mask), scale),
            inputs,
            1e-5,
            "masked attention"
        );
    }

    [Fact]
    public void StridedInputsOfAJointProjectionAreReadInPlace()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] joint = [TensorAssert.Normal(20, 2, 6, 3 * 4 * 16)]; // [B, T, 3·H·N]
        static Tensor Part(Tensor x, int part) => x.view(2, 6, 3, 4, 16).select(2, part).transpose(1, 2);
        TensorAssert.SameFunction(
            x => Formula([Part(x[0], 0), Part(x[0], 1), Part(x[0], 2)], 0.25, null),
            x => Ops.Attention(Part(x[0], 0), Part(x[0], 1), Part(x[0], 2), AttentionLayout.Padded(null), 0.25),
            joint,
            1e-5,
            "attention of a joint projection"
        );
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(false, 3)]
    [InlineData(true, 2)]
    public void PackedEqualsPaddedOneByOne(bool causal, int? window)
    {
        using DisposeScope scope = NewDisposeScope();
        (int heads, int size, int tokens) = (3, 16, s_lengths.Sum());
        int[] boundaries = Boundaries();
        Tensor[] inputs =
        [
            TensorAssert.Normal(21, tokens, heads, size),
            TensorAssert.Normal(22, tokens, heads, size),
            TensorAssert.Normal(23, tokens, heads, size),
            TensorAssert.Normal(24, 1, heads, 17, 17),
        ];
        TensorAssert.SameFunction(
            x =>
                cat([
                    .. s_lengths.Select(
                        (length, s) =>
                        {
                            Tensor[] parts = [.. x.Take(3).Select(t => t[boundaries[s]..boundaries[s + 1]].transpose(0, 1).unsqueeze(0))];
                            Tensor bias = x[3][.., .., ..length, ..length] + Reach(length, causal, window);
                            return Formula(parts, 0.25, bias).squeeze(0).transpose(0, 1);
                        }
                    ),
                ]),
            x => Ops.Attention(x[0], x[1], x[2], AttentionLayout.Packed(boundaries, causal, window), 0.25, x[3]),
            inputs,
            1e-5,
            "packed attention"
        );
    }

    [Fact]
    public void DropoutIsTheSamePackedAndPadded()
    {
        using DisposeScope scope = NewDisposeScope();
        (int heads, int size, int longest) = (2, 8, 17);
        int[] boundaries = Boundaries();
        Tensor[] packed = [.. Enumerable.Range(0, 3).Select(i => TensorAssert.Normal((ulong)(25 + i), boundaries[^1], heads, size))];
        long[] sequences = [3, 1, 0, 2];
        DropoutSite packedSite = DropoutPlan.Packed(9, sequences, s_lengths).Site(4),
            paddedSite = DropoutPlan.Padded(9, sequences, longest).Site(4);
        Tensor fromPacked = Ops.Attention(packed[0], packed[1], packed[2], AttentionLayout.Packed(boundaries), 0.3, null, 0.2, packedSite);
        Tensor[] padded = [.. packed.Select(x => zeros(4, heads, longest, size))];
        Tensor attended = zeros([4, longest], ScalarType.Int64);
        for (int s = 0; s < 4; s++)
        {
            attended[s, ..s_lengths[s]] = tensor(1L);
            for (int i = 0; i < 3; i++) padded[i][s, .., ..s_lengths[s]] = packed[i][boundaries[s]..boundaries[s + 1]].transpose(0, 1);
        }

        Tensor fromPadded = Ops.Attention(
            padded[0],
            padded[1],
            padded[2],
            AttentionLayout.Padded(AttentionLayout.AdditiveMask(attended)),
            0.3,
            null,
            0.2,
            paddedSite
        );
        for (int s = 0; s < 4; s++)
            TensorAssert.Close(
                fromPacked[boundaries[s]..boundaries[s + 1]].transpose(0, 1),
                fromPadded[s, .., ..s_lengths[s]],
                1e-6,
                $"sequence {s}"
            );
    }

    [Theory]
    [InlineData(17)]
    [InlineData(40)]
    public void DroppedAttentionEqualsTheExplicitPath(int tokens)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] inputs = Inputs(2, 3, tokens, 16);
        DropoutSite site = DropoutPlan.Padded(9, [1, 2], tokens).Site(4);
        AttentionLayout layout = AttentionLayout.Padded(null);
        TensorAssert.SameFunction(
            x => Ops.AttentionWithProbabilities(x[0], x[1], x[2], layout, 0.25, null, 0.3, site).Output,
            x => Ops.Attention(x[0], x[1], x[2], layout, 0.25, null, 0.3, site), inputs, 1e-5, "dropped attention");
    }

    [Fact]
    public void CrossAttentionTakesKeysOfAnotherLength()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] inputs = [TensorAssert.Normal(31, 2, 2, 5, 8), TensorAssert.Normal(32, 2, 2, 11, 8), TensorAssert.Normal(33, 2, 2, 11, 8)];
        TensorAssert.SameFunction(
            x => Formula(x, 1, null),
            x => Ops.Attention(x[0], x[1], x[2], AttentionLayout.Padded(null), 1),
            inputs,
            1e-5,
            "cross-attention"
        );
    }

    [Fact]
    public void AFullyMaskedRowStaysFinite()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] inputs = Inputs(1, 1, 4, 8);
        Tensor mask = AttentionLayout.AdditiveMask(zeros([1, 4], ScalarType.Int64));
        Assert.True(Ops.Attention(inputs[0], inputs[1], inputs[2], AttentionLayout.Padded(mask), 1).isfinite().all().item<bool>());
    }

    private static int[] Boundaries()
    {
        int[] boundaries = new int[s_lengths.Length + 1];
        for (int s = 0; s < s_lengths.Length; s++) boundaries[s + 1] = boundaries[s] + s_lengths[s];
        return boundaries;
    }

    private static Tensor[] Inputs(long batch, long heads, long tokens, long size) =>
        [
            TensorAssert.Normal(14, batch, heads, tokens, size),
            TensorAssert.Normal(15, batch, heads, tokens, size),
            TensorAssert.Normal(16, batch, heads, tokens, size),
        ];

    private static Tensor Formula(Tensor[] x, double scale, Tensor? added)
    {
        Tensor scores = einsum("bhtn,bhsn->bhts", x[0], x[1]) * scale;
        if (added is not null) scores = scores + added;
        return einsum("bhts,bhsn->bhtn", functional.softmax(scores, -1), x[2]);
    }

    private static Tensor Reach(int length, bool causal, int? window)
    {
        Tensor mask = zeros(length, length);
        for (int i = 0; i < length; i++)
        {
            for (int j = 0; j < length; j++)
            {
                if ((causal && j > i) || (window is int w && Math.Abs(i - j) > w)) mask[i, j] = tensor(AttentionLayout.Masked);
            }
        }

        return mask;
    }
}
