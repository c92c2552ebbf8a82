using Graft.Torch.Optimizers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = Graft.Torch.Optimizers.AdamW;

namespace Graft.Parity;

/// <summary>
/// One backward pass and three AdamW steps beside the reference's (DESIGN: learning rate 1e-3, decay 0.01 on everything). Adam divides by
/// the size of the gradient, so elements whose gradient is rounding noise are not compared after the steps.
/// </summary>
internal static class TrainingParity
{
    private const double Tolerance = 1e-4, NoiseTolerance = 3.5e-3, CertainGradient = 1e-5, LearningRate = 1e-3;
    private const int Steps = 3;

    /// <summary>Compares; does nothing where the reference has no gradients.</summary>
    /// <param name="trained">Every trained parameter, under the reference's names.</param>
    /// <param name="reference">The case.</param>
    /// <param name="loss">One forward pass.</param>
    /// <param name="groups">Where the differences go.</param>
    public static void Compare(IReadOnlyList<(string Name, Parameter Value)> trained, ParityCase reference, Func<Tensor> loss, List<ParityGroup> groups)
    {
        if (!reference.Names("grad.").Any()) return;
        using FlatParameters parameters = new([.. trained.Select(parameter => new TrainedParameter(parameter.Name, parameter.Value, Decays: true))]);
        using AdamW optimizer = new(parameters, new AdamWOptions());
        for (int step = 0; step < Steps; step++)
        {
            using DisposeScope scope = NewDisposeScope();
            parameters.ZeroGradients();
            loss().backward();
            if (step == 0) CompareGradients(trained, reference, groups);
            optimizer.Step(LearningRate);
        }

        CompareSteps(trained, reference, groups);
    }

    private static void CompareGradients(IReadOnlyList<(string Name, Parameter Value)> trained, ParityCase reference, List<ParityGroup> groups)
    {
        Differences gradients = new("gradients", Tolerance);
        HashSet<string> known = [.. reference.Names("grad.")];
        foreach ((string name, Parameter value) in trained)
        {
            Tensor expected = reference.Find("grad." + name) ?? zeros_like(value);
            gradients.Add(name, expected, value.grad, Math.Max(1, expected.abs().max().item<float>()));
            known.Remove(name);
        }

        foreach (string name in known) gradients.Add(name, reference.Find("grad." + name)!, null);
        gradients.AddTo(groups);
    }

    private static void CompareSteps(IReadOnlyList<(string Name, Parameter Value)> trained, ParityCase reference, List<ParityGroup> groups)
    {
        Differences steps = new("step3", Tolerance), noise = new("step3 of zero gradients", NoiseTolerance);
        IReadOnlySet<string> zero = reference.ZeroGradient;
        foreach ((string name, Parameter value) in trained)
        {
            if (reference.Find("step3." + name) is not Tensor expected) continue;
            if (zero.Contains(name))
            {
                noise.Add(name, expected, value);
                continue;
            }

            Tensor? keys = JointKeyBias(name, value);
            if (keys is not null) noise.Add(name, expected, value, where: keys);
            Tensor size = (reference.Find("grad." + name) ?? zeros_like(value)).abs();
            Tensor certain = size.ge(CertainGradient).logical_or(size.eq(0));
            steps.Add(name, expected, value, where: keys is null ? certain : certain.logical_and(keys.logical_not()));
        }

        steps.AddTo(groups);
        noise.AddTo(groups);
    }

    /// <summary>The keys' third of GPT-2's joint bias: its exact gradient is zero, as that of every key bias; null for other parameters.</summary>
    private static Tensor? JointKeyBias(string name, Tensor value)
    {
        if (!name.EndsWith("attn.c_attn.bias", StringComparison.Ordinal)) return null;
        long width = value.shape[0] / 3;
        Tensor entries = arange(value.shape[0], ScalarType.Int64);
        return entries.ge(width).logical_and(entries.lt(2 * width));
    }
}
