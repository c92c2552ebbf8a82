using Graft.Tasks.SequenceClassification;
using Graft.Tuning;
using Microsoft.Extensions.Logging;

namespace Graft.Tasks;

/// <summary>
/// Which way of learning the evidence recommends for a number of labels a class (evidence/few-labels.md): what a run without a strategy
/// does, and what <c>graft auto</c> begins from.
/// </summary>
internal static class StrategyChoice
{
    private const double FewOfManyClasses = 6, Plenty = 250;
    private const int ManyClasses = 20, ManyExamples = 2_000;

    /// <summary>The ways in the order in which they are taken, with the reason.</summary>
    /// <param name="examples">Labelled examples.</param>
    /// <param name="classes">Labels to tell apart; 0 for numbers, tags and other tasks.</param>
    public static (string[] Ways, string Reason) Recommended(int examples, int classes)
    {
        if (classes == 0) return (["full", "lora", "static", "words"], "every parameter is tuned");
        double each = (double)examples / classes;
        if (each >= Plenty || examples >= ManyExamples)
            return (
                ["full", "contrastive", "frozen", "lora", "static", "words"],
                FormattableString.Invariant($"{each:0} labels a class are plenty: every parameter is tuned")
            );
        return classes >= ManyClasses && each < FewOfManyClasses
            ? (
                ["frozen", "contrastive", "static", "words", "full", "lora"],
                FormattableString.Invariant($"{each:0.#} labels for each of {classes} classes: a classifier on frozen vectors")
            )
            : (
                ["contrastive", "frozen", "full", "lora", "static", "words"],
                FormattableString.Invariant($"{each:0.#} labels a class are few: pairs of texts teach more than labels alone")
            );
    }

    /// <summary>The number of labels that a task tells apart; 0 where it tells none.</summary>
    public static int ClassesOf(FineTuningTask task) => task is TextClassification or MultiLabelClassification ? task.Labels.Count : 0;

    /// <summary>The run with the strategy that its labels ask for; what was asked of training by labels keeps full tuning.</summary>
    public static FineTuningOptions Apply(FineTuningOptions options, Prepared prepared, ILogger logger)
    {
        if (!options.ChoosesStrategy) return options;
        (string[] ways, string reason) = Recommended(prepared.Train.Count, ClassesOf(prepared.Task));
        string? asked = AskedOfLabels(options, prepared.Task);
        TuningStrategy strategy = asked is not null
            ? new FullTuning()
            : ways[0] switch
            {
                "contrastive" => new ContrastiveTuning(),
                "frozen" => new HeadTuning { OnVectors = true },
                _ => new FullTuning(),
            };
        if (asked is not null) reason = $"{asked} is for training by labels";
        logger.Tell(
            $"strategy {(strategy is HeadTuning ? "head on the model's vectors" : strategy.Name)}: {reason} (choose with `strategy`; "
                + "graft auto compares)"
        );
        return options with { Strategy = strategy, StrategyReason = reason };
    }

    private static string? AskedOfLabels(FineTuningOptions options, FineTuningTask task) => options switch
    {
        { Epochs: not null } => "`epochs`",
        { LearningRate: not null } => "`learning-rate`",
        { BatchSize: not null } => "`batch-size`",
        { Training.Steps: not null } => "`steps`",
        { Training.TimeBudget: not null } => "`time-budget`",
        { Training.EarlyStopping: not null } => "`early-stopping`",
        { FromScratch: true } => "`from-scratch`",
        _ => !task.Loss.IsPlain ? "the loss that was asked for" : options.Layers != new LayerSchedule() ? "what was asked of layers" : null,
    };
}
