using System.Globalization;
using System.Text;
using Graft.Backbones;
using Graft.Heads;

namespace Graft.Pretrained;

/// <summary>The README.md of a model folder: what the model is, in the form that model hubs read.</summary>
public static class ModelCard
{
    private const string FileName = "README.md";

    private static readonly Dictionary<string, string> s_tasks = new()
    {
        [HeadKinds.MaskedLm] = "fill-mask",
        [HeadKinds.PreTraining] = "fill-mask",
        [HeadKinds.SpanBoundary] = "fill-mask",
        [HeadKinds.SequenceClassification] = "text-classification",
        [HeadKinds.TokenClassification] = "token-classification",
        [HeadKinds.QuestionAnswering] = "question-answering",
        [HeadKinds.MultipleChoice] = "multiple-choice",
        [HeadKinds.CausalLm] = "text-generation",
        [HeadKinds.SequenceToSequence] = "text2text-generation",
        [HeadKinds.Embedding] = "sentence-similarity",
    };

    /// <summary>The card's text.</summary>
    /// <param name="model">The model.</param>
    /// <param name="name">The title.</param>
    /// <param name="origin">Where it comes from, as a sentence; null for nothing.</param>
    public static string Text(PretrainedModel model, string name, string? origin = null)
    {
        StringBuilder card = new();
        card.Append("---\nlibrary_name: transformers\n");
        if (s_tasks.TryGetValue(model.HeadKind, out string? task)) card.Append(CultureInfo.InvariantCulture, $"pipeline_tag: {task}\n");
        card.Append(CultureInfo.InvariantCulture, $"tags:\n- {model.Config.ModelType}\n---\n\n# {name}\n\n");
        if (origin is not null) card.Append(origin).Append("\n\n");
        ModelConfig config = model.Config;
        card.Append("| | |\n|---|---|\n");
        card.Append(CultureInfo.InvariantCulture, $"| Class | {ModelHeads.ArchitectureOf(config, model.HeadKind)} |\n");
        card.Append(CultureInfo.InvariantCulture, $"| Parameters | {model.ParameterCount:N0} |\n");
        card.Append(
            CultureInfo.InvariantCulture,
            $"| Layers, width, heads | {config.LayerCount}, {config.HiddenSize}, {config.HeadCount} |\n"
        );
        card.Append(CultureInfo.InvariantCulture, $"| Vocabulary | {config.VocabularySize:N0} |\n");
        if (model.Backbone.PositionLimit is int limit) card.Append(CultureInfo.InvariantCulture, $"| Longest text | {limit} tokens |\n");
        if (model.HeadKind is HeadKinds.SequenceClassification or HeadKinds.TokenClassification)
            card.Append(CultureInfo.InvariantCulture, $"| Labels | {string.Join(", ", config.Labels)} |\n");
        return card.ToString();
    }

    /// <summary>Writes the card into a model folder that has none, under the folder's name: what somebody wrote there stays.</summary>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    internal static void WriteWhereMissing(PretrainedModel model, string folder)
    {
        if (!File.Exists(Path.Combine(folder, FileName)))
            Write(model, folder, Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))));
    }

    /// <summary>Writes the card into a model folder.</summary>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public static void Write(PretrainedModel model, string folder, string name, string? origin = null) =>
        AtomicFile.WriteText(Path.Combine(folder, FileName), Text(model, name, origin));
}
