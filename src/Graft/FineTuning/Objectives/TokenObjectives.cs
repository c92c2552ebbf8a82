using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using static TorchSharp.torch;

namespace Graft.Tasks.Objectives;

/// <summary>A tag for every token: cross-entropy of those that count.</summary>
internal sealed class TagObjective(TokenClassification.TokenClassification task) : TaskObjective
{
    public override Targets Targets(IReadOnlyList<Feature> features, Collator collator) =>
        new() { Labels = collator.TokenClasses(features) };

    public override Tensor Loss(HeadOutput output, EncoderInput? input, Targets targets, Head? head) => task.Loss.IsPlain
        ? Losses.CrossEntropy("loss", output.Logits!, targets.Labels).Sum
        : WeightedLoss.ClassesSum(output.Logits!, targets.Labels!, task.Loss);
}

/// <summary>One of several continuations: one score for each, cross-entropy over those of an example.</summary>
internal sealed class ChoiceObjective : TaskObjective
{
    public override Targets Targets(IReadOnlyList<Feature> features, Collator collator) => new() { Labels = Collator.Classes(features) };

    /// <summary>One score for each sequence → [examples, choices]; the windows of a long choice count by their mean.</summary>
    public override HeadOutput Arrange(HeadOutput output, IReadOnlyList<Feature> features) =>
        output with { Logits = Collator.PartMeans(output.Logits!.reshape(-1, 1), features).view(features.Count, -1) };
}

/// <summary>The answer as a part of a text: cross-entropy of where it begins and of where it ends.</summary>
internal sealed class AnswerObjective : TaskObjective
{
    public override BatchLayout Layout => BatchLayout.Padded; // the tokens of a window compete for start and end

    public override Targets Targets(IReadOnlyList<Feature> features, Collator collator) => new()
    {
        StartPositions = tensor((long[])[.. features.Select(feature => (long)((SpanTarget)feature.Target!).Start)]),
        EndPositions = tensor((long[])[.. features.Select(feature => (long)((SpanTarget)feature.Target!).End)]),
    };
}
