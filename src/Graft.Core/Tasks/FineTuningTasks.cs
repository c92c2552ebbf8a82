using Graft.Tasks.SequenceClassification;

namespace Graft.Tasks;

/// <summary>The registry of tasks: one line each, and those that a program registers.</summary>
public static class FineTuningTasks
{
    private static readonly Lock s_lock = new();
    private static (string Name, Func<FineTuningTask> Create)[] s_tasks =
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
    public static IReadOnlyList<string> Names => [.. s_tasks.Select(task => task.Name)];

    /// <summary>Adds a task of your own; runs, predictors and the command line then know its name.</summary>
    /// <param name="name">The name on the command line and in run folders: the task's <see cref="FineTuningTask.Name"/>.</param>
    /// <param name="create">Makes the task; its labels are not known yet.</param>
    /// <exception cref="ArgumentException">A task has this name already.</exception>
    public static void Register(string name, Func<FineTuningTask> create)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(create);
        lock (s_lock)
        {
            if (s_tasks.Any(task => task.Name == name)) throw new ArgumentException($"there is a task \"{name}\" already", nameof(name));
            s_tasks = [.. s_tasks, (name, create)];
        }
    }

    /// <summary>The task of a name; its labels are not known yet.</summary>
    /// <exception cref="InputException">There is none.</exception>
    public static FineTuningTask Parse(string name)
    {
        Func<FineTuningTask>? create = s_tasks.FirstOrDefault(task => task.Name == name).Create;
        return create?.Invoke() ?? throw new InputException($"task \"{name}\" is not known; one of {string.Join(", ", Names)} is expected");
    }

    /// <summary>The task that a published checkpoint was fine-tuned for, with its labels; null where it has no such head.</summary>
    /// <param name="head">The head it was saved with.</param>
    /// <param name="labels">The labels of its configuration (<c>id2label</c>).</param>
    /// <param name="problemType">The <c>problem_type</c>; null where the configuration does not say: a number with one label, else one of
    /// several classes.</param>
    public static FineTuningTask? Of(string head, IReadOnlyList<string> labels, string? problemType)
    {
        string problem = problemType ?? (labels.Count == 1 ? "regression" : "single_label_classification");
        FineTuningTask? task = s_tasks
            .Select(entry => entry.Create())
            .FirstOrDefault(task => task.Head == head && (task.ProblemType is null || task.ProblemType == problem));
        return task?.WithLabels(labels);
    }
}
