using Graft.Backbones;
using Graft.Tasks.SequenceClassification;

namespace Graft.Tasks;

/// <summary>The registry of tasks: one line each.</summary>
public static class FineTuningTasks
{
    private static readonly (string Name, Func<FineTuningTask> Create)[] s_tasks =
    [
        ("text-classification", () => new TextClassification()),
        ("text-pair-classification", () => new TextClassification { RequiresPair = true }),
        ("multi-label-classification", () => new MultiLabelClassification()),
        ("regression", () => new TextRegression()),
        ("token-classification", () => new TokenClassification.TokenClassification()),
        ("multiple-choice", () => new MultipleChoice.MultipleChoice()),
        ("question-answering", () => new QuestionAnswering.QuestionAnswering()),
        ("text-to-text", () => new TextToText.TextToText()),
        ("causal-lm", () => new LanguageModeling.CausalLanguageModeling()),
        ("embedding", () => new Embedding.SentenceEmbedding()),
    ];

    /// <summary>The names on the command line.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_tasks.Select(task => task.Name)];

    /// <summary>The task of a name; its labels are not known yet.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static FineTuningTask Parse(string name)
    {
        Func<FineTuningTask>? create = s_tasks.FirstOrDefault(task => task.Name == name).Create;
        return create?.Invoke() ?? throw new InputException($"task \"{name}\" is not known; one of {string.Join(", ", Names)} is expected");
    }

    /// <summary>The task that a published checkpoint was fine-tuned for, with its labels; null where it has no such head.</summary>
    /// <param name="head">The head it was saved with.</param>
    /// <param name="config">Its configuration: problem type and labels.</param>
    public static FineTuningTask? Of(HeadKind head, ModelConfig config)
    {
        string problem = config.ProblemType ?? (config.Labels.Count == 1 ? "regression" : "single_label_classification");
        FineTuningTask? task = s_tasks.Select(entry => entry.Create()).FirstOrDefault(task => task.Head == head && (task.ProblemType is null || task.ProblemType == problem));
        return task?.WithLabels(config.Labels);
    }
}
