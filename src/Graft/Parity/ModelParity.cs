using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Parity;

/// <summary>
/// A model beside its reference: outputs, loss, one backward pass, three AdamW steps (DESIGN: learning rate 1e-3, decay 0.01 on everything).
/// Adam divides by the size of the gradient, so elements whose gradient is rounding noise are not compared after the steps.
/// </summary>
internal sealed class ModelParity : IParityKind
{
    private const double Tolerance = 1e-4, NoiseTolerance = 3.5e-3, CertainGradient = 1e-5, LearningRate = 1e-3;
    private const int Steps = 3;

    public bool Handles(string folder) =>
        File.Exists(ParityRunner.Reference(folder)) && (File.Exists(Path.Combine(folder, "config.json")) || File.Exists(Path.Combine(folder, "bert_config.json")));

    public ParityReport Run(string folder)
    {
        using DisposeScope scope = NewDisposeScope();
        ParityCase reference = new(folder);
        HeadKind head = Head(folder, reference.Head);
        using PretrainedModel model = PretrainedModel.Load(folder, new LoadOptions { Head = head });
        List<ParityGroup> groups = [];
        CompareOutputs(model, reference, groups);
        if (reference.Names("grad.").Any()) CompareTraining(model, reference, groups);
        return new ParityReport(folder, reference.Head, groups);
    }

    private static HeadKind Head(string folder, string architecture) => architecture == "SpanBoundaryPreTraining"
        ? HeadKind.SpanBoundary
        : ModelFamilies.HeadOf(PretrainedModel.ReadConfig(folder), architecture);

    private static void CompareOutputs(PretrainedModel model, ParityCase reference, List<ParityGroup> groups)
    {
        using IDisposable noGradient = no_grad();
        string[] names = [.. reference.Names("out.")];
        Differences outputs = new("outputs", Tolerance), layers = new("hidden states", Tolerance), losses = new("loss", Tolerance), explicitPath = new("attentions", Tolerance);
        Compare(Outputs(model, reference, attentions: false), names.Where(name => !name.StartsWith("attentions.", StringComparison.Ordinal)), name =>
            name.EndsWith("loss", StringComparison.Ordinal) || name.StartsWith("sbo_loss", StringComparison.Ordinal) ? losses
            : name.StartsWith("hidden_states.", StringComparison.Ordinal) ? layers : outputs);
        if (names.Any(name => name.StartsWith("attentions.", StringComparison.Ordinal)))
            Compare(Outputs(model, reference, attentions: true), names, _ => explicitPath); // the explicit path must give all of it as well
        foreach (Differences group in new[] { outputs, layers, explicitPath, losses }) group.AddTo(groups);

        void Compare(Dictionary<string, Tensor> actual, IEnumerable<string> compared, Func<string, Differences> group)
        {
            foreach (string name in compared)
                group(name).Add(name, reference.Find("out." + name)!, actual.GetValueOrDefault(name), where: reference.Defined(name));
        }
    }

    private static void CompareTraining(PretrainedModel model, ParityCase reference, List<ParityGroup> groups)
    {
        using FlatParameters parameters = new([.. model.Parameters.Select(parameter => new TrainedParameter(parameter.Name, parameter.Value, Decays: true))]);
        using AdamW optimizer = new(parameters, new AdamWOptions());
        for (int step = 0; step < Steps; step++)
        {
            using DisposeScope scope = NewDisposeScope();
            parameters.ZeroGradients();
            Outputs(model, reference, attentions: false)["loss"].backward();
            if (step == 0) CompareGradients(model, reference, groups);
            optimizer.Step(LearningRate);
        }

        CompareSteps(model, reference, groups);
    }

    private static void CompareGradients(PretrainedModel model, ParityCase reference, List<ParityGroup> groups)
    {
        Differences gradients = new("gradients", Tolerance);
        HashSet<string> known = [.. reference.Names("grad.")];
        foreach ((string name, TorchSharp.Modules.Parameter value) in model.Parameters)
        {
            Tensor expected = reference.Find("grad." + name) ?? zeros_like(value);
            gradients.Add(name, expected, value.grad, Math.Max(1, expected.abs().max().item<float>()));
            known.Remove(name);
        }

        foreach (string name in known) gradients.Add(name, reference.Find("grad." + name)!, null);
        gradients.AddTo(groups);
    }

    private static void CompareSteps(PretrainedModel model, ParityCase reference, List<ParityGroup> groups)
    {
        Differences steps = new("step3", Tolerance), noise = new("step3 of zero gradients", NoiseTolerance);
        IReadOnlySet<string> zero = reference.ZeroGradient;
        foreach ((string name, TorchSharp.Modules.Parameter value) in model.Parameters)
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

    /// <summary>Everything the model gives, under the reference's names.</summary>
    private static Dictionary<string, Tensor> Outputs(PretrainedModel model, ParityCase reference, bool attentions)
    {
        EncoderInput input = reference.Input(attentions);
        Targets targets = reference.Targets();
        ModelOutput output = model.Forward(input, targets);
        Dictionary<string, Tensor?> named = new(StringComparer.Ordinal)
        {
            ["last_hidden_state"] = output.States.LastHiddenState,
            ["pooler_output"] = output.States.PoolerOutput,
            ["encoder_last_hidden_state"] = output.States.EncoderLastHiddenState,
            ["logits"] = output.Scores?.Logits,
            ["prediction_logits"] = output.Scores?.Logits,
            ["seq_relationship_logits"] = output.Scores?.SentenceLogits,
            ["sop_logits"] = output.Scores?.SentenceLogits,
            ["start_logits"] = output.Scores?.StartLogits,
            ["end_logits"] = output.Scores?.EndLogits,
            ["sbo_logits"] = output.Scores?.PairLogits,
        };
        for (int i = 0; i < output.States.HiddenStates?.Count; i++) named[$"hidden_states.{i}"] = output.States.HiddenStates[i];
        for (int i = 0; i < output.States.Attentions?.Count; i++) named[$"attentions.{i}"] = output.States.Attentions[i];
        AddLosses(model, reference, input, targets, output, named);
        return named.Where(pair => pair.Value is not null).ToDictionary(pair => pair.Key, pair => pair.Value!, StringComparer.Ordinal);
    }

    private static void AddLosses(
        PretrainedModel model, ParityCase reference, EncoderInput input, Targets targets, ModelOutput output, Dictionary<string, Tensor?> named)
    {
        if (model.Head is null)
        {
            named["loss"] = reference.Names("in.cotangent.")
                .Select(name => (named[name]! * reference.Find("in.cotangent." + name)!).sum()).Aggregate((a, b) => a + b);
            return;
        }

        IReadOnlyList<LossTerm> terms = model.Head.Losses(output.Scores!, input, targets);
        named["loss"] = LossTerm.Total(terms);
        foreach (LossTerm term in terms) named[$"{term.Name}_loss"] = term.Sum / term.Count;
        if (terms.FirstOrDefault(term => term.Name == "sbo") is LossTerm boundary)
            named["sbo_loss_fairseq"] = boundary.Sum / (boundary.Count + 1); // the published code's divisor
    }
}
