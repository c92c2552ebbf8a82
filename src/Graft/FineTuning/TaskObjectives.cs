using System.Collections.Concurrent;
using Graft.Tasks.Embedding;
using Graft.Tasks.LanguageModeling;
using Graft.Tasks.Objectives;
using Graft.Tasks.SequenceClassification;

namespace Graft.Tasks;

/// <summary>Which objective belongs to which task: one line each, and those that a program registers.</summary>
public static class TaskObjectives
{
    private static readonly ConcurrentDictionary<Type, Func<FineTuningTask, TaskObjective>> s_objectives = new();

    static TaskObjectives()
    {
        Register<TextClassification>(task => new ClassObjective(task));
        Register<MultiLabelClassification>(task => new LabelsObjective(task));
        Register<TextRegression>(_ => new NumberObjective());
        Register<TokenClassification.TokenClassification>(task => new TagObjective(task));
        Register<MultipleChoice.MultipleChoice>(_ => new ChoiceObjective());
        Register<QuestionAnswering.QuestionAnswering>(_ => new AnswerObjective());
        Register<TextToText.TextToText>(task => new TextToTextObjective(task));
        Register<CausalLanguageModeling>(task => new ContinuationObjective(task));
        Register<SentenceEmbedding>(task => new EmbeddingObjective(task));
    }

    /// <summary>Says what a task trains towards; a task that has an objective already gets this one instead.</summary>
    /// <typeparam name="TTask">The task.</typeparam>
    /// <param name="create">Makes the objective of a task whose labels are known; called for each run and each scorer.</param>
    public static void Register<TTask>(Func<TTask, TaskObjective> create)
        where TTask : FineTuningTask
    {
        ArgumentNullException.ThrowIfNull(create);
        s_objectives[typeof(TTask)] = task => create((TTask)task);
    }

    /// <summary>The objective of a task; one that derives from another has that one's where it has none of its own.</summary>
    /// <exception cref="InputException">None is registered.</exception>
    public static TaskObjective Of(FineTuningTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        for (Type? type = task.GetType(); type is not null; type = type.BaseType)
        {
            if (!s_objectives.TryGetValue(type, out Func<FineTuningTask, TaskObjective>? create)) continue;
            TaskObjective objective = create(task);
            objective.KeepsVectors = task.Familiarity is not null;
            return objective;
        }

        throw new InputException(
            $"task \"{task.Name}\" has no objective: register one (TaskObjectives.Register<{task.GetType().Name}>)"
        );
    }
}
