using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;

namespace Graft.Tasks.MultipleChoice;

/// <summary>Prompts with choices.</summary>
internal sealed record ChoiceData(string Path, IReadOnlyList<MultipleChoiceExample> Examples, IReadOnlyList<BadRow> BadRows)
    : TaskData(Path, BadRows)
{
    /// <inheritdoc/>
    public override int Count => Examples.Count;

    /// <inheritdoc/>
    public override string TextOf(int example) => $"{Examples[example].Prompt} {Examples[example].Question}".TrimEnd();

    /// <inheritdoc/>
    public override string PlaceOf(int example) => $"{Path} line {Examples[example].Line}";

    /// <inheritdoc/>
    public override long RowOf(int example) => Examples[example].Row;

    /// <inheritdoc/>
    public override string? IdOf(int example) => Examples[example].Id;

    /// <inheritdoc/>
    public override TaskData Take(IReadOnlyList<int> examples) => this with { Examples = [.. examples.Select(i => Examples[i])] };
}

/// <summary>The choice a model takes.</summary>
/// <param name="Choice">The index, from 0.</param>
/// <param name="Text">The text.</param>
/// <param name="Probabilities">The softmax over the choices.</param>
public sealed record ChoicePrediction(int Choice, string Text, double[] Probabilities) : Prediction
{
    /// <inheritdoc/>
    public override string Answer => Choice.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override JsonNode? Details => ToJson();

    /// <inheritdoc/>
    public override double? Confidence => Probabilities[Choice];

    /// <inheritdoc/>
    public override JsonObject ToJson() => new()
    {
        ["choice"] = Choice,
        ["choice_text"] = Text,
        ["probabilities"] = new JsonArray([.. Probabilities.Select(probability => (JsonNode?)Math.Round(probability, 6))]),
    };
}

/// <summary>
/// One of several continuations (Devlin et al. 2019, §4.4): each choice goes through the model with the prompt, one score each, softmax
/// over the choices of an example.
/// </summary>
public sealed partial record MultipleChoice : FineTuningTask
{
    private const int MostMistakes = 15;

    /// <inheritdoc/>
    public override string Name => "multiple-choice";

    /// <inheritdoc/>
    public override string Head => HeadKinds.MultipleChoice;

    /// <inheritdoc/>
    public override FineTuningTask WithLabels(IReadOnlyList<string> labels) => this; // choices have no names

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train) => this;

    /// <inheritdoc/>
    public override TaskData Read(string path, ColumnOptions columns, bool labelled)
    {
        MultipleChoiceFile file = MultipleChoiceReader.Read(path, labelled, columns);
        return new ChoiceData(path, file.Examples, file.BadRows) { Reading = file.Interpretation };
    }

    /// <inheritdoc/>
    public override IEnumerable<TaskData> Stream(string path, ColumnOptions columns, int examples, Action<BadRow> onBadRow) =>
        TaskData.Parts(
            (file, options, onBad, onRead) => MultipleChoiceReader.Stream(file, onBad, options, onRead), path, columns, examples, onBadRow,
            (part, read) => new ChoiceData(path, part, []) { Reading = read });

    /// <inheritdoc/>
    public override TaskData FromTexts(IReadOnlyList<(string Text, string? Pair)> texts) =>
        throw new InputException("multiple choice needs prompts with their choices: give them as a file (`input`)");

    /// <summary>Examples without answers from prompts and their choices in memory.</summary>
    /// <param name="examples">A prompt and at least two choices each.</param>
    /// <exception cref="InputException">An example has fewer than two choices.</exception>
    public TaskData FromChoices(IReadOnlyList<(string Prompt, IReadOnlyList<string> Choices)> examples) => new ChoiceData(
        "text",
        [.. examples.Select((example, i) => new MultipleChoiceExample
        {
            Prompt = example.Prompt,
            Choices = example.Choices.Count >= 2 ? example.Choices : throw new InputException("multiple choice needs at least two choices"),
            Line = i + 1,
            Row = i + 1,
        })],
        []);
}
