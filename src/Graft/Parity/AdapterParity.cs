using Graft.Pretrained;
using Graft.Tuning;
using Graft.Tuning.Files;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Parity;

/// <summary>
/// An adapter in PEFT's or AdapterHub's files, with its base beside it in <c>../base</c>: outputs, gradients and steps of the parameters in
/// the adapter's files, and the same logits once it is merged where the reference has them.
/// </summary>
internal sealed class AdapterParity : IParityKind
{
    private const double Tolerance = 1e-4;

    public bool Handles(string folder) => File.Exists(ParityRunner.Reference(folder)) && AdapterFolder.IsAdapter(folder);

    public ParityReport Run(string folder)
    {
        using DisposeScope scope = NewDisposeScope();
        ParityCase reference = new(folder);
        using PretrainedModel model = PretrainedModel.Load(folder, new LoadOptions { Base = Path.Combine(folder, "..", "base") });
        Adapter adapter = model.Adapter!;
        List<ParityGroup> groups = [];
        ModelParity.CompareOutputs(model, reference, groups);
        if (reference.Find("out." + ParityCase.MergedLogits) is Tensor merged) CompareMerged(folder, merged, reference, groups);
        AdapterFormat format = AdapterFormat.For(adapter.Strategy);
        (string, Parameter)[] trained =
        [
            .. adapter.Parameters.Select(parameter => (format.Key(adapter.Strategy, parameter.Name), parameter.Value)),
        ];
        foreach ((_, Parameter other) in model.Parameters)
            other.requires_grad = false;
        foreach ((_, Parameter own) in trained)
            own.requires_grad = true;
        TrainingParity.Compare(trained, reference, () => ModelParity.Outputs(model, reference, attentions: false)["loss"], groups);
        return new ParityReport(folder, $"{adapter.Strategy.Name} on {reference.Head}", groups);
    }

    private static void CompareMerged(string folder, Tensor expected, ParityCase reference, List<ParityGroup> groups)
    {
        using IDisposable noGradient = no_grad();
        using PretrainedModel model = PretrainedModel.Load(folder, new LoadOptions { Base = Path.Combine(folder, "..", "base") });
        model.Merge();
        Differences differences = new("merged logits", Tolerance);
        Tensor logits = ModelParity.Outputs(model, reference, attentions: false)["logits"];
        differences.Add(ParityCase.MergedLogits, expected, logits, where: reference.Defined(ParityCase.MergedLogits));
        differences.AddTo(groups);
    }
}
