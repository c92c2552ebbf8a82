using System.CommandLine;
using System.Globalization;
using Graft.Data;
using Graft.Evaluation;
using Graft.Inference;

namespace Graft.Cli.Commands;

/// <summary><c>graft evaluate</c>: a fine-tuned model on labelled examples, beside its baselines; a run over several seeds with each.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        Option<string> model = new("--model") { Description = "A run folder or a published fine-tuned model.", HelpName = "RUN", Required = true };
        Option<string> input = new("--input") { Description = "Labelled examples.", HelpName = "FILE", Required = true };
        Option<string?> task = new("--task") { Description = "The task, where the folder does not say it." };
        Option<string?> text = new("--text-column") { Description = "The text column." };
        Option<string?> pair = new("--pair-column") { Description = "The second text's column." };
        Option<string?> label = new("--label-column") { Description = "The label column." };
        Option<bool> json = new("--json") { Description = "Print one JSON document." };
        Command command = new("evaluate", "Measure a fine-tuned model on labelled examples.") { model, input, task, text, pair, label, json, OptionSources.ConfigOption() };
        command.SetAction((parsed, cancellation) =>
        {
            ColumnOptions columns = new() { Text = parsed.GetValue(text), Pair = parsed.GetValue(pair), Label = parsed.GetValue(label) };
            RunEvaluation evaluation = RunEvaluation.Evaluate(parsed.GetValue(model)!, parsed.GetValue(input)!, columns, parsed.GetValue(task), note: Terminal.Log, cancellation: cancellation);
            if (parsed.GetValue(json)) Terminal.Json(evaluation.ToJson());
            else Print(evaluation);
            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }

    private static void Print(RunEvaluation evaluation)
    {
        Terminal.Out($"{evaluation.Task}, {evaluation.Examples} examples{(evaluation.Runs.Count > 1 ? $", {evaluation.Runs.Count} seeds" : "")}");
        foreach (NamedScore score in evaluation.Scores)
        {
            double[] values = [.. evaluation.Runs.Select(run => run.Scores.First(other => other.Name == score.Name).Interval.Value)];
            string spread = values.Length > 1 ? string.Create(CultureInfo.InvariantCulture, $"  ± {100 * Summary.StandardDeviation(values):0.00} over seeds: {string.Join(", ", values.Select(value => (100 * value).ToString("0.0", CultureInfo.InvariantCulture)))}") : "";
            Terminal.Out(string.Create(CultureInfo.InvariantCulture, $"  {score.Name,-18} {100 * score.Interval.Value,6:0.0}  ({100 * score.Interval.Low:0.0} … {100 * score.Interval.High:0.0}){spread}"));
        }

        foreach ((string name, double value) in evaluation.Baselines)
            Terminal.Out(string.Create(CultureInfo.InvariantCulture, $"  baseline {name}: {evaluation.Scores[0].Name} {100 * value:0.0}"));
    }
}
