using Graft.Data;
using Graft.Tasks.SequenceClassification;
using Graft.Tuning;

namespace Graft.Tasks.Contrastive;

/// <summary>
/// Label names as data: "card lost" and "This text is about {label}." → the text "This text is about card lost." with that label. Beside
/// training texts two of each; alone eight, a classifier without any example (Tunstall et al. 2022).
/// </summary>
internal static class LabelTemplates
{
    public const string Usual = "This text is about {label}.";
    private const string Place = "{label}";
    private const int Beside = 2, Alone = 8;

    /// <summary>The training data of a run without a training file.</summary>
    /// <exception cref="InputException">There are fewer than two names, or the strategy or task cannot learn from them.</exception>
    public static TaskData Of(FineTuningOptions options)
    {
        if (options.Strategy is not ContrastiveTuning strategy)
            throw new InputException("`train` is missing: only `strategy` contrastive learns from `label-names` alone");
        if (options.Task is not TextClassification)
            throw new InputException($"`train` is missing: {options.Task.Name} does not learn from label names alone");
        if (options.Columns.LabelNames.Count < 2)
            throw new InputException("`train` is missing: without it at least two `label-names` are needed");
        return new TextData("label names", Rows(options.Columns.LabelNames, strategy.Template ?? Usual, Alone), []);
    }

    /// <summary>Training data with texts made of its labels' names, where the strategy asks for them.</summary>
    public static TaskData With(FineTuningOptions options, FineTuningTask task, TaskData train)
    {
        if (
            options.Strategy is not ContrastiveTuning { Template: string template }
            || train is not TextData texts
            || options.Train.Length == 0
        )
            return train;
        return texts with { Rows = [.. texts.Rows, .. Rows(task.Labels, template, Beside)] };
    }

    private static IReadOnlyList<LabelledText> Rows(IReadOnlyList<string> labels, string template, int copies) =>
        [.. Enumerable.Range(0, copies).SelectMany(_ => labels).Select((label, i) => new LabelledText
        {
            Text = template.Replace(Place, label.Replace('_', ' '), StringComparison.Ordinal), Labels = [label], Line = i + 1, Row = i + 1,
        })];
}
