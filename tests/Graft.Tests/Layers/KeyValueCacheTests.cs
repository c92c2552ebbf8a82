using Graft.Layers;
using Graft.Tests.Torch;
using Graft.Torch;
using Graft.Torch.Kernels;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Layers;

public sealed class KeyValueCacheTests
{
    private const int Heads = 3, Size = 5, Site = 1;

    [Fact]
    public void OneTokenAfterTheOtherAttendsAsAllAtOnce()
    {
        const int rows = 2, prompt = 4, tokens = 300; // the buffers grow twice
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor joint = TensorAssert.Normal(7, rows, tokens, 3 * Heads * Size); // projected together: parts are views
        Tensor expected = Ops.AttentionWithProbabilities(
                Part(0, 0, tokens),
                Part(1, 0, tokens),
                Part(2, 0, tokens),
                AttentionLayout.Padded(null, causal: true),
                0.3
            )
            .Output.transpose(1, 2)
            .flatten(2);
        using KeyValueCache cache = new();
        cache.Append(Site, Part(1, 0, prompt), Part(2, 0, prompt));
        for (int t = prompt; t < tokens; t++)
        {
            Tensor[] parts = joint.narrow(1, t, 1).chunk(3, -1);
            Tensor attended = cache.AppendAndAttend(Site, parts[0], parts[1], parts[2], Heads, 0.3)!;
            TensorAssert.Close(expected.narrow(1, t, 1), attended, 1e-5, $"token {t}");
            if (t == prompt) cache.Reorder(tensor([0L, 1L])); // as beam search does
        }

        Tensor Part(int part, int from, int to) =>
            joint.narrow(1, from, to - from).chunk(3, -1)[part].reshape(rows, -1, Heads, Size).transpose(1, 2);
    }

    [Fact]
    public void MoreTokensThanItIsForGoTheUsualWay()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        AttentionCore attention = new(heads: 1, headSize: 2, scale: 1, dropout: 0, Site);
        using KeyValueCache cache = new();
        Tensor many = TensorAssert.Normal(1, 1, 1, OneTokenAttention.Longest, 2), token = TensorAssert.Normal(2, 1, 1, 2);
        cache.Append(Site, many, many);
        Assert.Null(cache.AppendAndAttend(Site, token, token, token, 1, 1));
        LayerContext context = new(
            new EncoderInput { InputIds = zeros(1, 1, ScalarType.Int64), Cache = cache },
            AttentionLayout.Padded(null, causal: true)
        );
        Tensor all = cat([many, token.unsqueeze(1)], 2);
        Tensor expected = Ops.AttentionWithProbabilities(token.unsqueeze(1), all, all, AttentionLayout.Padded(null, causal: true), 1)
            .Output.flatten(2);
        TensorAssert.Close(expected, attention.Forward(token, token, token, context), 1e-5, "token 8192");
    }
}
