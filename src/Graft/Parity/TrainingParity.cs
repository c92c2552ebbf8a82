using Graft.Torch.Optimizers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = Graft.Torch.Optimizers.AdamW;

namespace Graft.Parity;

/// <summary>
/// One backward pass and three AdamW steps beside the reference's (DESIGN: learning rate 1e-3, decay 0.01 on everything). Adam divides by
/// the size of the gradient, so elements whose gradient is rounding noise are compared loosely or not at all after the steps: see
/// <see cref="Elements"/>.
/// </summary>
internal static class TrainingParity
{
    private const double Tolerance = 1e-4, NoiseTolerance = 3.5e-3, CertainGradient = 1e-5, LearningRate = 1e-3, RoundingOfSteps = 1e-6;
    private const int Steps = 3;

    /// <summary>Compares; does nothing where the reference has no gradients.</summary>
    /// <param name="trained">Every trained parameter, under the reference's names.</param>
    /// <param name="reference">The case.</param>
    /// <param name="loss">One forward pass.</param>
    /// <param name="groups">Where the differences go.</param>
    public static void Compare(
        IReadOnlyList<(string Name, Parameter Value)> trained,
        ParityCase reference,
        Func<Tensor> loss,
        List<ParityGroup> groups
    )
    {
        if (!reference.Names("grad.").Any())
            return;
        using FlatParameters parameters = new([
            .. trained.Select(parameter => new TrainedParameter(parameter.Name, parameter.Value, Decays: true)),
        ]);
        Dictionary<string, Tensor> own = [],
            start = trained.ToDictionary(
                parameter => parameter.Name,
                parameter => parameter.Value.detach().clone(),
                StringComparer.Ordinal
            );
        using AdamW optimizer = new(parameters, new AdamWOptions());
        for (int step = 0; step < Steps; step++)
        {
            using DisposeScope scope = NewDisposeScope();
            parameters.ZeroGradients();
            loss().backward();
            if (step == 0)
            {
                CompareGradients(trained, reference, groups);
                foreach ((string name, Parameter value) in trained)
                    own[name] = (value.grad?.clone() ?? zeros_like(value)).MoveToOuterDisposeScope();
            }

            optimizer.Step(LearningRate);
        }

        CompareSteps(trained, start, own, reference, groups);
    }

    private static void CompareGradients(
        IReadOnlyList<(string Name, Parameter Value)> trained,
        ParityCase reference,
        List<ParityGroup> groups
    )
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

    private static void CompareSteps(
        IReadOnlyList<(string Name, Parameter Value)> trained,
        IReadOnlyDictionary<string, Tensor> start,
        IReadOnlyDictionary<string, Tensor> own,
        ParityCase reference,
        List<ParityGroup> groups
    )
    {
        double decay = Math.Pow(1 - (LearningRate * new AdamWOptions().WeightDecay), Steps);
        Differences steps = new("step3", Tolerance), noise = new("step3 of zero gradients", NoiseTolerance);
        foreach ((string name, Parameter value) in trained)
        {
            if (reference.Find("step3." + name) is not Tensor expected) continue;
            Tensor moved = (expected - (start[name] * decay)).abs().gt(RoundingOfSteps);
            (Tensor certain, Tensor zero) = Elements(reference.Find("grad." + name) ?? zeros_like(value), own[name], moved);
            steps.Add(name, expected, value, where: certain);
            if (zero.any().item<bool>()) noise.Add(name, expected, value, where: zero);
        }

        steps.AddTo(groups);
        noise.AddTo(groups);
    }

    /// <summary>
    /// Which elements are compared after the steps, by the gradients of the first. Certain: those whose gradient is far above rounding
    /// noise, and those that no use touches (zero, and the reference has only decayed them). Noise: rows where single precision shows
    /// nothing but rounding noise, and elements where Graft's own gradient is exactly zero (all keys share a bias, which the softmax
    /// ignores): there the reference moves at random, up to the learning rate a step. What is neither is not compared.
    /// </summary>
    /// <param name="reference">The reference's gradient.</param>
    /// <param name="own">Graft's.</param>
    /// <param name="moved">Where the reference's steps did more than decay.</param>
    internal static (Tensor Certain, Tensor Noise) Elements(Tensor reference, Tensor own, Tensor moved)
    {
        Tensor size = reference.abs(), large = size.ge(CertainGradient), noisy = size.lt(CertainGradient).logical_and(moved);
        Tensor certain = large.logical_or(size.eq(0).logical_and(moved.logical_not()));
        Tensor row = noisy.any(-1, keepdim: true).logical_and(large.any(-1, keepdim: true).logical_not()).expand_as(size);
        return (certain, certain.logical_not().logical_and(row.logical_or(own.eq(0))));
    }
}
