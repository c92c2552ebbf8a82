using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Inference;
using Graft.Tasks;
using Graft.Tasks.TokenClassification;

namespace Graft.Cli.Commands;

/// <summary><c>graft predict</c>: answers to one text, to the lines of stdin, or to a file of any size.</summary>
internal static class PredictCommand
{
    private const int ExamplesAtOnce = 1024;

    public static Command Create()
    {
        Option<string> model = ModelFlag.Create("A run folder or a published fine-tuned model.");
        Option<string?> text = new("--text") { Description = "One text (question answering: the question)." };
        Option<string?> pair = new("--pair") { Description = "The second text (question answering: the text that may hold the answer)." };
        Option<string?> input = new("--input") { Description = "A file of texts, or - for the lines of stdin (a tab before a second text).", HelpName = "FILE" };
        Option<string?> output = new("--output") { Description = $"Where answers go: {string.Join(", ", PredictionWriter.Extensions)}; stdout otherwise.", HelpName = "FILE" };
        Option<string?> task = new("--task") { Description = "The task, where the folder does not say it." };
        Option<string?> textColumn = new("--text-column") { Description = "The text column." };
        Option<string?> pairColumn = new("--pair-column") { Description = "The second text's column." };
        Option<bool> calibrated = new("--calibrated") { Description = "Divide scores by the temperature that was fitted on the run's development data: confidence then means what it says." };
        Option<int?> maxNewTokens = new("--max-new-tokens") { Description = "The most tokens of a written text; as in training otherwise." };
        Option<int?> numBeams = new("--num-beams") { Description = "Beams of the search for a text; as in training otherwise." };
        Option<string?> aggregation = new("--aggregation")
        {
            Description = "How labels of tokens become entities of a text: none, simple, first, average or max, as in transformers; by words otherwise.",
        };
        Option<bool> json = new("--json") { Description = "Print JSON: one document for --text, a line for each text of a file." };
        Command command = new("predict", "Ask a fine-tuned model.") { model, text, pair, input, output, task, textColumn, pairColumn, calibrated, maxNewTokens, numBeams, aggregation, json, OptionSources.ConfigOption() };
        command.SetAction((parsed, cancellation) =>
        {
            (string? one, string? file, string? target) = (parsed.GetValue(text), parsed.GetValue(input), parsed.GetValue(output));
            if (one is null == file is null) throw new InputException("give either --text or --input");
            if (target is not null && !PredictionWriter.Extensions.Contains(Path.GetExtension(target).ToLowerInvariant(), StringComparer.Ordinal))
                throw new InputException($"--output {target}: one of {string.Join(", ", PredictionWriter.Extensions)} is expected");
            if (file is not null and not "-" && !File.Exists(file)) throw new InputException($"{file} does not exist");
            using Predictor predictor = Predictor.Load(
                ModelFlag.Locate(parsed, model, cancellation), task: parsed.GetValue(task), calibrated: parsed.GetValue(calibrated), generation: options => options with
                {
                    MaxNewTokens = parsed.GetValue(maxNewTokens) ?? options.MaxNewTokens,
                    MaxLength = parsed.GetValue(maxNewTokens) is null ? options.MaxLength : null,
                    NumBeams = parsed.GetValue(numBeams) ?? options.NumBeams,
                }, aggregation: Aggregation(parsed.GetValue(aggregation)));
            foreach (string note in predictor.Notes) Terminal.Log(note);
            if (one is not null)
            {
                Print(predictor.Predict(one, parsed.GetValue(pair)), parsed.GetValue(json));
                return Task.FromResult(ExitCodes.Ok);
            }

            ColumnOptions columns = new() { Text = parsed.GetValue(textColumn), Pair = parsed.GetValue(pairColumn), RequireLabel = false };
            IEnumerable<TaskData> batches = file == "-" ? Lines(predictor.Task) : predictor.Task.Stream(file!, columns, ExamplesAtOnce, row => Terminal.Log($"left out: {row}"));
            IEnumerable<(TaskData, IReadOnlyList<Prediction>)> answers = batches.Select(data => (data, predictor.Predict(data, cancellation)));
            if (target is null) Print(answers, parsed.GetValue(json));
            else PredictionWriter.Write(target, answers);
            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }

    private static TokenAggregation? Aggregation(string? name) => name is null ? null
        : Enum.TryParse(name, ignoreCase: true, out TokenAggregation known) && !char.IsAsciiDigit(name[0]) ? known
        : throw new InputException($"--aggregation {name}: none, simple, first, average or max is expected");

    private static void Print(Prediction prediction, bool json)
    {
        if (json) Terminal.Json(prediction.ToJson());
        else Terminal.Out(Line(prediction));
    }

    private static void Print(IEnumerable<(TaskData Data, IReadOnlyList<Prediction> Predictions)> answers, bool json)
    {
        foreach ((TaskData data, IReadOnlyList<Prediction> predictions) in answers)
        {
            for (int i = 0; i < predictions.Count; i++) Terminal.Out(json ? PredictionWriter.Line(data, i, predictions[i]) : Line(predictions[i]));
        }
    }

    private static string Line(Prediction prediction) =>
        prediction.Answer + (prediction.Confidence is double confidence ? string.Create(CultureInfo.InvariantCulture, $"\t{confidence:0.0000}") : "");

    private static IEnumerable<TaskData> Lines(FineTuningTask task)
    {
        foreach (string[] lines in TextInput.StandardInput().Chunk(Console.IsInputRedirected ? ExamplesAtOnce : 1))
        {
            yield return task.FromTexts([.. lines.Select(line =>
            {
                int tab = line.IndexOf('\t', StringComparison.Ordinal);
                return tab < 0 ? (line, (string?)null) : (line[..tab], line[(tab + 1)..]);
            })]);
        }
    }
}
