using System.CommandLine;
using System.Globalization;
using Graft.Data;
using Graft.Evaluation;
using Graft.Inference;
using Graft.Pretraining;

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
        Option<int> maxLength = new("--max-length") { Description = "Tokens of a window (masked-lm).", DefaultValueFactory = _ => 128 };
        Option<bool> json = new("--json") { Description = "Print one JSON document." };
        Command command = new("evaluate", "Measure a fine-tuned model on labelled examples.") { model, input, task, text, pair, label, maxLength, json, OptionSources.ConfigOption() };
        command.SetAction((parsed, cancellation) =>
        {
            if (parsed.GetValue(task) == "masked-lm") return Task.FromResult(MaskedLm(parsed.GetValue(model)!, parsed.GetValue(input)!, parsed.GetValue(maxLength), parsed.GetValue(json)));
            ColumnOptions columns = new() { Text = parsed.GetValue(text), Pair = parsed.GetValue(pair), Label = parsed.GetValue(label) };
            RunEvaluation evaluation = RunEvaluation.Evaluate(parsed.GetValue(model)!, parsed.GetValue(input)!, columns, parsed.GetValue(task), note: Terminal.Log, cancellation: cancellation);
            if (parsed.GetValue(json)) Terminal.Json(evaluation.ToJson());
            else Print(evaluation);
            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }

    private static int MaskedLm(string model, string input, int maxLength, bool json)
    {
        MaskedLmEvaluation result = MaskedLmEvaluation.Evaluate(model, input, maxLength);
        if (json)
        {
            Terminal.Json(result.ToJson());
            return ExitCodes.Ok;
        }

        Terminal.Out(string.Create(CultureInfo.InvariantCulture, $"masked-lm, {result.Windows:N0} windows, {result.Masked:N0} masked tokens (15 % exact count, seed 0)"));
        Terminal.Out(string.Create(CultureInfo.InvariantCulture, $"  masked_accuracy    {100 * result.MaskedAccuracy.Value,6:0.0}  ({100 * result.MaskedAccuracy.Low:0.0} … {100 * result.MaskedAccuracy.High:0.0})"));
        Terminal.Out(string.Create(CultureInfo.InvariantCulture, $"  loss               {result.Loss.Value,6:0.000}  ({result.Loss.Low:0.000} … {result.Loss.High:0.000})"));
        Terminal.Out(string.Create(CultureInfo.InvariantCulture, $"  bits_per_byte      {result.BitsPerByte.Value,6:0.000}  ({result.BitsPerByte.Low:0.000} … {result.BitsPerByte.High:0.000})"));
        return ExitCodes.Ok;
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
