using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using Graft.Tasks.SequenceClassification;
using static TorchSharp.torch;

namespace Graft.Tasks.Objectives;

/// <summary>The class of a text: cross-entropy.</summary>
internal sealed class ClassObjective(TextClassification task) : TaskObjective
{
    public override Targets Targets(IReadOnlyList<Feature> features, Collator collator) => new() { Labels = Collator.Classes(features) };

    public override Tensor Loss(HeadOutput output, EncoderInput? input, Targets targets, Head? head) => task.Loss.IsPlain
        ? Losses.CrossEntropy("loss", output.Logits!, targets.Labels).Sum
        : WeightedLoss.ClassesSum(output.Logits!, targets.Labels!, task.Loss);
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
