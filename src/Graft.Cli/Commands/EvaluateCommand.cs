using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Evaluation;
using Graft.Inference;
using Graft.Pretraining;
using Graft.Tasks;

namespace Graft.Cli.Commands;

/// <summary>
/// <c>graft evaluate</c>: a fine-tuned model on labelled examples, beside its baselines; a run over several seeds with each.
/// </summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        Option<string> model = CommonFlags.Model.Optional<string>(
            "a run folder or a published fine-tuned model; --against names one otherwise");
        Option<string?> against = new("--against")
        {
            Description =
                "A run folder that recent texts without labels (--input) are held against: unfamiliar texts, answers, confidence, "
                    + "the estimated accuracy, and whether to label again; none otherwise.",
            HelpName = "RUN",
        };
        Option<string> input = CommonFlags.Input.Required<string>("labelled examples; with --against texts");
        Option<string?> task = CommonFlags.TaskOfFolder();
        ReadingFlags reading = new();
        Option<int?> maxLength = CommonFlags.MaxLength.Optional<int?>("as in training otherwise, 128 for masked-lm");
        Option<int?> stride = CommonFlags.Stride.Optional<int?>("as in training otherwise");
        Option<bool> truncate = CommonFlags.Truncate.Optional<bool>("needs --max-length beside it");
        CalibrationFlags calibration = new();
        AnswerPrecisionFlag precision = new();
        Option<bool> slicing = new("--slices") { Description = "Also print scores by length, label and columns of the data." };
        Option<string[]> slice = new("--slice")
        {
            Description = "A column to print scores by; may be given several times; none otherwise.",
            HelpName = "COLUMN",
        };
        Option<string?> output = CommonFlags.Output.Optional<string?>(
            "a folder with report.html, report.json, predictions.jsonl and mistakes.jsonl; no report otherwise",
            "DIR");
        Option<bool> json = CommonFlags.Json();
        Command command = new("evaluate", "Measure a fine-tuned model on labelled examples.")
        {
            model,
            against,
            input,
            task,
            maxLength,
            stride,
            truncate,
            slicing,
            slice,
            output,
            json,
            OptionSources.ConfigOption(),
        };
        reading.AddTo(command);
        calibration.AddTo(command);
        precision.AddTo(command);
        command.SetAction(
            (parsed, cancellationToken) =>
            {
                if (parsed.GetValue(against) is string run)
                {
                    if (parsed.GetValue(model) is not null)
                        throw new InputException("give --model for labelled examples or --against for texts, not both");
                    Drift drift = Drift.Measure(
                        run,
                        parsed.GetValue(input)!,
                        reading.Options(parsed),
                        Terminal.Logger,
                        cancellationToken
                    );
                    if (parsed.GetValue(json)) Terminal.Json(drift.ToJson());
                    else Print(drift);
                    return Task.FromResult(ExitCodes.Ok);
                }

                if (parsed.GetValue(model) is null)
                    throw new InputException("--model is missing: a run folder or a published model (or --against RUN for texts)");
                string located = ModelFlag.Locate(parsed, model, cancellationToken);
                IComputeOptions? compute = precision.Of(parsed);
                if (parsed.GetValue(task) == "masked-lm" && compute is not null)
                    throw new InputException("--precision: masked-lm is evaluated in fp32");
                if (parsed.GetValue(task) == "masked-lm")
                    return Task.FromResult(
                        MaskedLm(located, parsed.GetValue(input)!, parsed.GetValue(maxLength) ?? 128, parsed.GetValue(json))
                    );
                ColumnOptions columns = reading.Options(parsed);
                string[] by = parsed.GetValue(slice) ?? [];
                RunEvaluation evaluation = RunEvaluation.Evaluate(
                    located,
                    parsed.GetValue(input)!,
                    columns,
                    parsed.GetValue(task),
                    Encoding(parsed.GetValue(maxLength), parsed.GetValue(stride), parsed.GetValue(truncate)),
                    Terminal.Logger,
                    calibration.IsCalibrated(parsed),
                    compute,
                    cancellationToken
                );
                IReadOnlyList<SlicedScores> slices = parsed.GetValue(slicing) || by.Length > 0 ? evaluation.Slices(by) : [];
                if (parsed.GetValue(output) is string folder)
                    evaluation.Write(folder, by);
                if (parsed.GetValue(json))
                {
                    JsonObject document = evaluation.ToJson();
                    if (slices.Count > 0)
                        document["slices"] = Document(slices);
                    Terminal.Json(document);
                }
                else
                {
                    Print(evaluation, slices);
                    if (parsed.GetValue(output) is string written)
                        Terminal.Log($"report: {Path.Combine(written, evaluation.Runs.Count > 1 ? "seed-…" : "", "report.html")}");
                }

                return Task.FromResult(ExitCodes.Ok);
            }
        );
        return command;
    }

    /// <summary>How texts are cut; null where nothing is asked for: as in training.</summary>
    private static EncodingOptions? Encoding(int? maxLength, int? stride, bool truncate)
    {
        if (maxLength is int length) return new EncodingOptions { MaxLength = length, Stride = stride, Truncate = truncate };
        return stride is null && !truncate ? null : throw new InputException("--stride and --truncate need --max-length beside them");
    }

    private static int MaskedLm(string model, string input, int maxLength, bool json)
    {
        MaskedLmEvaluation result = MaskedLmEvaluation.Evaluate(model, input, maxLength);
        if (json)
        {
            Terminal.Json(result.ToJson());
            return ExitCodes.Ok;
        }

        Terminal.Out(
            string.Create(
                CultureInfo.InvariantCulture,
                $"masked-lm, {result.Windows:N0} windows, {result.Masked:N0} masked tokens (15 % exact count, seed 0)"
            )
        );
        Terminal.Out(
            string.Create(
                CultureInfo.InvariantCulture,
                $"  masked_accuracy    {100 * result.MaskedAccuracy.Value, 6:0.0}  ({100 * result.MaskedAccuracy.Low:0.0} … "
                    + $"{100 * result.MaskedAccuracy.High:0.0})"
            )
        );
        Terminal.Out(
            string.Create(
                CultureInfo.InvariantCulture,
                $"  loss               {result.Loss.Value, 6:0.000}  ({result.Loss.Low:0.000} … {result.Loss.High:0.000})"
            )
        );
        Terminal.Out(
            string.Create(
                CultureInfo.InvariantCulture,
                $"  bits_per_byte      {result.BitsPerByte.Value, 6:0.000}  ({result.BitsPerByte.Low:0.000} … "
                    + $"{result.BitsPerByte.High:0.000})"
            )
        );
        return ExitCodes.Ok;
    }

    private static void Print(Drift drift)
    {
        static string Percent(ScoreInterval share) => string.Create(
            CultureInfo.InvariantCulture,
            $"{100 * share.Value:0.0} %  ({100 * share.Low:0.0} … {100 * share.High:0.0})"
        );
        Terminal.Out($"{drift.Examples} texts beside {drift.Reference} held-out examples of the run");
        if (drift.BadRows > 0) Terminal.Out($"  {drift.BadRows} rows could not be read");
        if (drift.Unfamiliar is ScoreInterval unfamiliar) Terminal.Out($"  unfamiliar           {Percent(unfamiliar)}");
        else Terminal.Out("  unfamiliar           not known: train the run with --abstain");
        if (drift.Unsure is double unsure)
            Terminal.Out(string.Create(CultureInfo.InvariantCulture, $"  unsure               {100 * unsure:0.0} %"));
        Terminal.Out(
            string.Create(
                CultureInfo.InvariantCulture,
                $"  mean confidence      {drift.ConfidenceBefore:0.000} → {drift.Confidence:0.000}  (distributions apart by "
                    + $"{drift.ConfidenceMoved:0.000})"
            )
        );
        Terminal.Out(string.Create(CultureInfo.InvariantCulture, $"  answers moved        {100 * drift.AnswersMoved:0.0} %"));
        IEnumerable<(string, double, double)> moved = drift.Answers.OrderByDescending(answer => Math.Abs(answer.Now - answer.Before));
        foreach ((string label, double before, double now) in moved.Take(10))
            Terminal.Out(
                string.Create(CultureInfo.InvariantCulture, $"    {label, -24} {100 * before, 5:0.0} % → {100 * now, 5:0.0} %")
            );
        Terminal.Out($"  accuracy, held-out   {Percent(drift.AccuracyBefore)}");
        Terminal.Out($"  accuracy, estimated  {Percent(drift.Accuracy)}");
        foreach (string warning in drift.Warnings) Terminal.Out($"warning: {warning}");
        Terminal.Out(
            drift.Warnings.Count > 0
                ? "label again: some of these texts, the unfamiliar and unsure ones first"
                : "nothing has moved clearly"
        );
    }

    private static void Print(RunEvaluation evaluation, IReadOnlyList<SlicedScores> slices)
    {
        string positive = evaluation.Runs[0].Bound.PositiveClass is string of ? $"; precision, recall and F1 are of \"{of}\"" : "";
        Terminal.Out(
            $"{evaluation.Task}, {evaluation.Examples} "
                + $"examples{(evaluation.Runs.Count > 1 ? $", {evaluation.Runs.Count} seeds" : "")}{positive}"
        );
        foreach (NamedScore score in evaluation.Scores)
        {
            double[] values = [.. evaluation.Runs.Select(run => run.Scores.First(other => other.Name == score.Name).Interval.Value)];
            string Shown(double value) => FinetuneCommand.Number(score, value);
            string spread =
                values.Length > 1
                    ? string.Create(
                        CultureInfo.InvariantCulture,
                        $"  ± {(score.IsShare ? 100 : 1) * Summary.StandardDeviation(values):0.00} over seeds: "
                            + $"{string.Join(", ", values.Select(Shown))}"
                    )
                    : "";
            string ends = score.Interval.HasEnds ? $"  ({Shown(score.Interval.Low)} … {Shown(score.Interval.High)})" : "";
            Terminal.Out($"  {score.Name,-20} {Shown(score.Interval.Value),6}{ends}{spread}");
        }

        foreach ((string name, double value) in evaluation.Baselines)
            Terminal.Out($"  baseline {name}: {evaluation.Scores[0].Name} {FinetuneCommand.Number(evaluation.Scores[0], value)}");
        foreach (SlicedScores division in slices)
        {
            Terminal.Out($"  by {division.Division}");
            foreach (SliceScore slice in division.Scores)
                Terminal.Out(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"    {slice.Name, -24} {100 * slice.Score.Value, 6:0.0}  ({100 * slice.Score.Low:0.0} … "
                            + $"{100 * slice.Score.High:0.0})  {slice.Count} examples"
                    )
                );
        }
    }

    private static JsonArray Document(IReadOnlyList<SlicedScores> slices) =>
        [
            .. slices.Select(division =>
                (JsonNode?)
                    new JsonObject
                    {
                        ["by"] = division.Division,
                        ["slices"] = new JsonArray([
                            .. division.Scores.Select(slice =>
                                (JsonNode?)
                                    new JsonObject
                                    {
                                        ["name"] = slice.Name,
                                        ["examples"] = slice.Count,
                                        ["value"] = slice.Score.Value,
                                        ["low"] = slice.Score.Low,
                                        ["high"] = slice.Score.High,
                                    }
                            ),
                        ]),
                    }
            ),
        ];
}
