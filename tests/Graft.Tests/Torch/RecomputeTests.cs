using Graft.Backbones;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Tests.Contracts;
using Graft.Torch.Autograd;
using Graft.Torch.Native;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Torch;

/// <summary>Gradient checkpointing; that gradients are the same is in the contract of every backbone.</summary>
[Collection(AloneCollection.Name)]
public sealed class RecomputeTests
{
    [Fact]
    public void LessIsKeptBetweenThePassesAndNothingAfterThem()
    {
        using DisposeScope scope = NewDisposeScope();
        using PretrainedModel model = PretrainedModel.Create(TinyModels.Config("bert"), HeadKinds.None, 3);
        EncoderInput input = TinyModels.Padded(4, 30, 30);
        Step(model, input); // warms up
        (long kept, long after) = Step(model, input);
        model.Backbone.GradientCheckpointing = true;
        Step(model, input);
        (long keptLess, long afterLess) = Step(model, input);
        Assert.True(keptLess < kept / 2, $"{keptLess} tensors instead of {kept}");
        Assert.InRange(afterLess, 0, after + 2);
    }

    [Fact]
    public void ARefusedInputInsideALayerIsAnExceptionAndNoCrash()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = TensorAssert.Leaf(1, 3, 4);
        Assert.Throws<ArgumentException>(() => RecomputeNode.Run(inputs => Ops.Linear(inputs[0]!, TensorAssert.Normal(2, 5, 6)), [x]));
    }

    /// <summary>Tensors alive after the forward pass and after the backward pass, above those before.</summary>
    private static (long Kept, long After) Step(PretrainedModel model, EncoderInput input)
    {
        long before = Memory.LiveTensors, kept;
        using (Memory.Scope())
        {
            Tensor loss = model.Backbone.Forward(input).LastHiddenState.square().sum();
            kept = Memory.LiveTensors - before;
            loss.backward();
        }

        foreach ((_, TorchSharp.Modules.Parameter value) in model.Parameters) value.grad?.zero_().Dispose();
        return (kept, Memory.LiveTensors - before);
    }
}
