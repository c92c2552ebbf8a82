using Graft.Backbones;
using Graft.Heads;
using Graft.Objectives;
using Graft.Pretrained;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Parity;

/// <summary>
/// DistilBERT's triple loss of a <c>student/</c> beside a <c>teacher/</c>: each term, their weighted sum, and the student's gradients and
/// steps.
/// </summary>
internal sealed class DistillationParity : IParityKind
{
    private const double Tolerance = 1e-4;
    private const string Teacher = "teacher", Student = "student";

    public bool Handles(string folder) =>
        File.Exists(ParityRunner.Reference(folder))
        && Directory.Exists(Path.Combine(folder, Teacher))
        && Directory.Exists(Path.Combine(folder, Student));

    public ParityReport Run(string folder)
    {
        using DisposeScope scope = NewDisposeScope();
        ParityCase reference = new(folder);
        LoadOptions masked = new() { Head = HeadKinds.MaskedLm };
        using PretrainedModel teacher = PretrainedModel.Load(Path.Combine(folder, Teacher), masked);
        using PretrainedModel student = PretrainedModel.Load(Path.Combine(folder, Student), masked);
        List<ParityGroup> groups = [];
        Differences losses = new("losses", Tolerance);
        foreach ((string name, Tensor value) in Losses(teacher, student, reference))
        {
            if (reference.Find("out." + name) is Tensor expected) losses.Add(name, expected, value);
        }

        losses.AddTo(groups);
        TrainingParity.Compare([.. student.Parameters], reference, () => Losses(teacher, student, reference)["loss"], groups);
        return new ParityReport(folder, "distillation", groups);
    }

    private static Dictionary<string, Tensor> Losses(PretrainedModel teacher, PretrainedModel student, ParityCase reference)
    {
        DistillationOptions options = new();
        Layers.EncoderInput input = reference.Input(attentions: false);
        Targets targets = reference.Targets();
        ModelOutput taught;
        using (no_grad()) taught = teacher.Forward(input);
        ModelOutput learned = student.Forward(input);
        Tensor tokens = input.AttentionMask!.ne(0).reshape(-1).nonzero().squeeze(-1);
        Tensor Rows(Tensor states) => states.reshape(-1, states.shape[^1]).index_select(0, tokens);
        Tensor soft =
            Distillation.SoftTargetSum(Rows(learned.Scores!.Logits!), Rows(taught.Scores!.Logits!), options.Temperature) / tokens.numel();
        Tensor cosine = Distillation.CosineSum(Rows(learned.States.LastHiddenState), Rows(taught.States.LastHiddenState)) / tokens.numel();
        Tensor masked = LossTerm.Total(student.Head!.Losses(learned.Scores, input, targets));
        return new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            ["loss_ce"] = soft,
            ["loss_mlm"] = masked,
            ["loss_cos"] = cosine,
            ["loss"] = (soft * options.SoftTargets) + (masked * options.MaskedLm) + (cosine * options.Cosine),
        };
    }
}
