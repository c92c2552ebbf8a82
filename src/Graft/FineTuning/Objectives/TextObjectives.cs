using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using Graft.Tasks.SequenceClassification;
using static TorchSharp.torch;

namespace Graft.Tasks.Objectives;

/// <summary>
/// The class of a text: cross-entropy; of a teacher's answers that of both distributions at a temperature, times its square (Hinton et al.
/// 2015).
/// </summary>
internal sealed class ClassObjective(TextClassification task) : TaskObjective
{
    /// <summary>What softens a teacher's and a student's distribution.</summary>
    private const double Temperature = 2;

    public override Targets Targets(IReadOnlyList<Feature> features, Collator collator) =>
        new()
        {
            Labels = features[0].Target is TaughtTarget
                ? tensor(
                    (float[])[.. features.SelectMany(feature => ((TaughtTarget)feature.Target!).Logits)],
                    [features.Count, task.Labels.Count]
                )
                : Collator.Classes(features),
        };

    public override Tensor Loss(HeadOutput output, EncoderInput? input, Targets targets, Head? head) =>
        targets.Labels!.dtype == ScalarType.Float32 ? Taught(output.Logits!, targets.Labels)
        : task.Loss.IsPlain
            ? Losses.CrossEntropy("loss", output.Logits!, targets.Labels).Sum
            : WeightedLoss.ClassesSum(output.Logits!, targets.Labels!, task.Loss);

    private static Tensor Taught(Tensor student, Tensor teacher) =>
        -(nn.functional.softmax(teacher / Temperature, -1) * nn.functional.log_softmax(student / Temperature, -1)).sum()
        * (Temperature * Temperature);
}

/// <summary>Any number of labels: binary cross-entropy of each.</summary>
internal sealed class LabelsObjective(MultiLabelClassification task) : TaskObjective
{
    public override Targets Targets(IReadOnlyList<Feature> features, Collator collator) =>
        new()
        {
            Labels = tensor(
                (float[])[.. features.SelectMany(feature => ((LabelsTarget)feature.Target!).Flags)],
                [features.Count, task.Labels.Count]
            ),
        };

    public override Tensor Loss(HeadOutput output, EncoderInput? input, Targets targets, Head? head) => task.Loss.IsPlain
        ? Losses.BinaryCrossEntropy("loss", output.Logits!, targets.Labels).Sum
        : WeightedLoss.LabelsSum(output.Logits!, targets.Labels!, task.Loss);
}

/// <summary>A number: squared error.</summary>
internal sealed class NumberObjective : TaskObjective
{
    public override Targets Targets(IReadOnlyList<Feature> features, Collator collator) =>
        new() { Labels = tensor((float[])[.. features.Select(feature => ((NumberTarget)feature.Target!).Value)]) };

    public override Tensor Loss(HeadOutput output, EncoderInput? input, Targets targets, Head? head) =>
        Losses.SquaredError("loss", output.Logits!, targets.Labels).Sum;
}
