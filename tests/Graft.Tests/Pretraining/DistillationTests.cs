using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Heads;
using Graft.Layers;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining;
using Graft.Pretraining.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Pretraining;

public sealed class DistillationTests
{
    [Fact]
    public void The_example_of_the_documentation_is_right()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor teacher = tensor(new[] { (float)(2 * Math.Log(0.7)), (float)(2 * Math.Log(0.3)) }).view(1, 2), student = zeros(1, 2);
        Assert.Equal(4 * ((0.7 * Math.Log(0.7 / 0.5)) + (0.3 * Math.Log(0.3 / 0.5))), Distillation.SoftTargetSum(student, teacher, 2).item<float>(), 1e-5);
    }

    [Fact]
    public void The_triple_loss_and_its_gradients_are_the_reference_s()
    {
        string folder = TestData.Shared("parity", "distillation");
        using DisposeScope scope = NewDisposeScope();
        using Checkpoint reference = SafetensorsReader.Open(Path.Combine(folder, "reference.safetensors"));
        using PretrainedModel teacher = PretrainedModel.Load(Path.Combine(folder, "teacher")), student = PretrainedModel.Load(Path.Combine(folder, "student"));
        Tensor Int(string name) => tensor(reference[name].ToInt64s(), reference[name].Shape.ToArray());
        EncoderInput input = new() { InputIds = Int("in.input_ids"), AttentionMask = Int("in.attention_mask") };
        Tensor tokens = input.AttentionMask.reshape(-1).nonzero().squeeze(-1);
        Tensor labels = Int("in.labels").reshape(-1).index_select(0, tokens), masked = labels.ne(-100).nonzero().squeeze(-1);
        (Tensor states, Tensor logits) = Run(student, input, tokens);
        (Tensor taught, Tensor taughtLogits) = Run(teacher, input, tokens);
        IReadOnlyList<TermScores> terms = DistillationObjective.Terms(states, logits, taught, taughtLogits, masked, labels.index_select(0, masked), new DistillationOptions());
        double n = tokens.numel();
        double[] counts = [n, masked.numel(), n];
        float Expected(string name) => reference[name].ToSingles()[0];
        Assert.Equal(Expected("out.loss_ce"), terms[0].LossSum().item<float>() / 5 / n, 1e-4);
        Assert.Equal(Expected("out.loss_mlm"), terms[1].LossSum().item<float>() / 2 / counts[1], 1e-4);
        Assert.Equal(Expected("out.loss_cos"), terms[2].LossSum().item<float>() / n, 1e-4);
        Tensor loss = terms.Zip(counts, (term, count) => term.LossSum() / count).Aggregate((a, b) => a + b);
        Assert.Equal(Expected("out.loss"), loss.item<float>(), 1e-4);
        loss.backward();
        foreach ((string name, TorchSharp.Modules.Parameter value) in student.Parameters)
        {
            float[] expected = reference["grad." + name].ToSingles();
            float[] found = value.grad is null ? new float[expected.Length] : value.grad.reshape(-1).data<float>().ToArray();
            double tolerance = 1e-4 * Math.Max(1, expected.Max(Math.Abs));
            for (int i = 0; i < expected.Length; i++) Assert.True(Math.Abs(expected[i] - found[i]) <= tolerance, $"{name}[{i}]: {expected[i]} expected, {found[i]} found");
        }
    }

    private static (Tensor States, Tensor Logits) Run(PretrainedModel model, EncoderInput input, Tensor tokens)
    {
        Tensor states = model.Backbone.Forward(input).LastHiddenState;
        Tensor rows = states.reshape(-1, states.shape[2]).index_select(0, tokens);
        return (rows, ((LanguageModelHead)model.Head!).Score(rows));
    }
}
