using Graft.Torch.Optimizers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Tests.Torch;

public sealed class AdamWTests
{
    [Fact]
    public void EqualsTheBindingOverTwentySteps()
    {
        using DisposeScope scope = NewDisposeScope();
        long[][] shapes = [[7], [33, 5], [3, 4, 5], [70000]];
        Parameter[] theirs = [.. shapes.Select((s, i) => new Parameter(TensorAssert.Normal((ulong)i, s)))];
        Parameter[] ours = [.. shapes.Select((s, i) => new Parameter(TensorAssert.Normal((ulong)i, s)))];
        using torch.optim.Optimizer reference = torch.optim.AdamW(
            [
                new TorchSharp.Modules.AdamW.ParamGroup([theirs[1], theirs[3]], 1e-2, weight_decay: 0.1),
                new TorchSharp.Modules.AdamW.ParamGroup([theirs[0], theirs[2]], 1e-2, weight_decay: 0.0),
            ],
            1e-2
        );
        using FlatParameters flat = new([.. ours.Select((p, i) => new TrainedParameter($"p{i}", p, Decays: i is 1 or 3))]);
        using Graft.Torch.Optimizers.AdamW adam = new(flat, new AdamWOptions { WeightDecay = 0.1 });
        for (int step = 0; step < 20; step++)
        {
            flat.ZeroGradients();
            reference.zero_grad();
            foreach (Parameter[] parameters in new[] { theirs, ours })
            {
                Tensor loss = zeros(1);
                for (int i = 0; i < shapes.Length; i++)
                    loss = loss + (parameters[i] * parameters[i] * TensorAssert.Normal((ulong)(100 + step + i), shapes[i])).sum();
                loss.backward();
            }

            reference.step();
            adam.Step(1e-2);
        }

        for (int i = 0; i < shapes.Length; i++) TensorAssert.Close(theirs[i], ours[i], 2e-6, $"parameter {i}");
    }

    [Fact]
    public void NormClipAndZeroCoverEveryGradient()
    {
        using DisposeScope scope = NewDisposeScope();
        Parameter[] parameters = [new(ones(5)), new(ones(100000)), new(ones(3, 3))];
        using FlatParameters flat = new([.. parameters.Select((p, i) => new TrainedParameter($"p{i}", p, true))]);
        foreach (Parameter p in parameters) (p * 2).sum().backward();
        Assert.Equal(Math.Sqrt(4.0 * 100014), flat.GradientNorm(), 6);
        Assert.Equal(1 / (flat.GradientNorm() + 1e-6), FlatParameters.ClipFactor(flat.GradientNorm(), 1), 12);
        Assert.Equal(1, FlatParameters.ClipFactor(0.5, 1));
        flat.ZeroGradients();
        Assert.Equal(0, flat.GradientNorm());
    }

    [Fact]
    public void RestoredStateGoesOnWithTheSameBits()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor Run(int interruptedAt)
        {
            Parameter p = new(TensorAssert.Normal(1, 1000));
            FlatParameters flat = new([new TrainedParameter("p", p, true)]);
            Graft.Torch.Optimizers.AdamW adam = new(flat, new AdamWOptions());
            for (int step = 0; step < 10; step++)
            {
                if (step == interruptedAt)
                {
                    Dictionary<string, Tensor> state = adam.State().ToDictionary(x => x.Key, x => x.Value.clone(), StringComparer.Ordinal);
                    long steps = adam.Steps;
                    adam.Dispose();
                    adam = new(flat, new AdamWOptions());
                    adam.Restore(state, steps);
                }

                flat.ZeroGradients();
                p.square().sum().backward();
                adam.Step(1e-2, 0.7);
            }

            return p.detach().clone();
        }

        TensorAssert.Close(Run(-1), Run(4), 0, "the interrupted run");
    }

    [Fact]
    public void ImpossibleConstantsAreRefused() =>
        Assert.Throws<InputException>(() => new AdamWOptions { Beta2 = 1 }.Validate());
}
