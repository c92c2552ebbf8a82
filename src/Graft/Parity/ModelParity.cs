using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Parity;

/// <summary>
/// A model beside its reference: outputs, loss, one backward pass, three AdamW steps.
/// </summary>
internal sealed class ModelParity : IParityKind
{
    private const double Tolerance = 1e-4;

    public bool Handles(string folder) =>
        File.Exists(ParityRunner.Reference(folder))
        && (File.Exists(Path.Combine(folder, "config.json")) || File.Exists(Path.Combine(folder, "bert_config.json")));

    public ParityReport Run(string folder)
    {
        using DisposeScope scope = NewDisposeScope();
        ParityCase reference = new(folder);
        string head = Head(folder, reference.Head);
        using PretrainedModel model = PretrainedModel.Load(folder, new LoadOptions { Head = head });
        List<ParityGroup> groups = [];
        CompareOutputs(model, reference, groups);
        TrainingParity.Compare([.. model.Parameters], reference, () => Outputs(model, reference, attentions: false)["loss"], groups);
        return new ParityReport(folder, reference.Head, groups);
    }

    private static string Head(string folder, string architecture) => architecture == "SpanBoundaryPreTraining"
        ? HeadKinds.SpanBoundary
        : ModelHeads.KindOf(PretrainedModel.ReadConfig(folder), architecture);

    /// <summary>
    /// Outputs, states between layers and losses; with attentions twice, as the explicit path must give all of it as well.
    /// </summary>
    internal static void CompareOutputs(PretrainedModel model, ParityCase reference, List<ParityGroup> groups)
    {
        using IDisposable noGradient = no_grad();
        string[] names = [.. reference.Names("out.").Where(name => name != ParityCase.MergedLogits)];
        Differences outputs = new("outputs", Tolerance),
            layers = new("hidden states", Tolerance),
            losses = new("loss", Tolerance),
            explicitPath = new("attentions", Tolerance);
        Compare(
            Outputs(model, reference, attentions: false),
            names.Where(name => !name.StartsWith("attentions.", StringComparison.Ordinal)),
            name =>
                name.EndsWith("loss", StringComparison.Ordinal) || name.StartsWith("sbo_loss", StringComparison.Ordinal) ? losses
                : name.StartsWith("hidden_states.", StringComparison.Ordinal) ? layers
                : outputs
        );
        if (names.Any(name => name.StartsWith("attentions.", StringComparison.Ordinal)))
            Compare(Outputs(model, reference, attentions: true), names, _ => explicitPath); // the explicit path must give all of it as well
        foreach (Differences group in new[] { outputs, layers, explicitPath, losses }) group.AddTo(groups);

        void Compare(Dictionary<string, Tensor> actual, IEnumerable<string> compared, Func<string, Differences> group)
        {
            foreach (string name in compared)
                group(name).Add(name, reference.Find("out." + name)!, actual.GetValueOrDefault(name), where: reference.Defined(name));
        }
    }

    /// <summary>Everything the model gives, under the reference's names.</summary>
    internal static Dictionary<string, Tensor> Outputs(PretrainedModel model, ParityCase reference, bool attentions)
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
        PretrainedModel model,
        ParityCase reference,
        EncoderInput input,
        Targets targets,
        ModelOutput output,
        Dictionary<string, Tensor?> named
    )
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
