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
        Option<string> model = CommonFlags.Model.Required<string>("a run folder or a published fine-tuned model");
        Option<string?> text = CommonFlags.Text.Optional<string?>("in question answering the question; --input otherwise");
        Option<string?> pair = CommonFlags.Pair.Optional<string?>(
            "in question answering the text that may hold the answer; none otherwise");
        Option<string?> input = CommonFlags.Input.Optional<string?>(
            "texts, a folder or pattern of several files, or - for the lines of stdin (a tab before a second text); --text otherwise");
        Option<string?> output = CommonFlags.Output.Optional<string?>(
            $"answers as {string.Join(", ", PredictionWriter.Extensions)}; stdout otherwise. With --shard a folder",
            "FILE");
        Option<string?> task = CommonFlags.TaskOfFolder();
        Option<string?> offsets = CommonFlags.Offsets.Optional<string?>(
            "utf16 units (as .NET and JavaScript do) or codepoint (as Python does); utf16 otherwise",
            "utf16|codepoint");
        ReadingFlags reading = new();
        CalibrationFlags calibration = new();
        ShardFlags shards = new();
        AnswerPrecisionFlag precision = new();
        Option<int?> maxNewTokens = CommonFlags.MaxNewTokens.Optional<int?>("as in training otherwise");
        Option<int?> numBeams = CommonFlags.NumBeams.Optional<int?>("as in training otherwise");
        Option<string?> aggregation = new("--aggregation")
        {
            Description =
                "How labels of tokens become entities of a text: none, simple, first, average or max, as in transformers; by words "
                    + "otherwise.",
        };
        Option<bool> json = CommonFlags.Json("one document for --text, a line for each text of a file");
        Command command = new("predict", "Ask a fine-tuned model.")
        {
            model,
            text,
            pair,
            input,
            output,
            task,
            offsets,
            maxNewTokens,
            numBeams,
            aggregation,
            json,
            OptionSources.ConfigOption(),
        };
        reading.AddTo(command);
        calibration.AddTo(command);
        shards.AddTo(command);
        precision.AddTo(command);
        command.SetAction(
            (parsed, cancellationToken) =>
            {
                (string? one, string? file, string? target) = (parsed.GetValue(text), parsed.GetValue(input), parsed.GetValue(output));
                if (one is null == file is null)
                    throw new InputException("give either --text or --input");
                InputShard? shard = shards.Of(parsed, file, target);
                if (
                    target is not null
                    && shard is null
                    && !PredictionWriter.Extensions.Contains(Path.GetExtension(target).ToLowerInvariant(), StringComparer.Ordinal)
                )
                    throw new InputException($"--output {target}: one of {string.Join(", ", PredictionWriter.Extensions)} is expected");
                if (file is not null and not "-" && !Path.Exists(file) && !file.Contains('*', StringComparison.Ordinal))
                    throw new InputException($"{file} does not exist");
                bool inCodePoints = parsed.GetValue(offsets) switch
                {
                    null or "utf16" => false,
                    "codepoint" => true,
                    var other => throw new InputException($"--offsets {other}: utf16 or codepoint is expected"),
                };
                ColumnOptions columns = reading.Options(parsed) with { Shard = shard };
                IComputeOptions? compute = precision.Of(parsed);
                string folder = ModelFlag.Locate(parsed, model, cancellationToken);
                Predictor Load()
                {
                    Predictor loaded = Predictor.Load(
                        folder,
                        task: parsed.GetValue(task),
                        calibrated: calibration.IsCalibrated(parsed),
                        generation: options =>
                            options with
                            {
                                MaxNewTokens = parsed.GetValue(maxNewTokens) ?? options.MaxNewTokens,
                                MaxLength = parsed.GetValue(maxNewTokens) is null ? options.MaxLength : null,
                                NumBeams = parsed.GetValue(numBeams) ?? options.NumBeams,
                            },
                        compute: compute,
                        aggregation: Aggregation(parsed.GetValue(aggregation))
                    );
                    foreach (string note in loaded.Notes)
                        Terminal.Log(note);
                    return loaded;
                }

                if (shard is InputShard part)
                {
                    ShardFlags.Write(parsed, part, folder, file!, target!, () =>
                        Lines(Load(), file!, columns, inCodePoints, cancellationToken)
                    );
                    return Task.FromResult(ExitCodes.Ok);
                }

                using Predictor predictor = Load();
                if (one is not null)
                {
                    Prediction prediction = predictor.Predict(one, parsed.GetValue(pair));
                    Print(inCodePoints ? prediction.InCodePoints(parsed.GetValue(pair)) : prediction, parsed.GetValue(json));
                    return Task.FromResult(ExitCodes.Ok);
                }

                PredictionStream stream = new(predictor, inCodePoints, cancellationToken) { Logger = Terminal.Logger };
                IEnumerable<AnsweredRows> answers =
                    file == "-"
                        ? stream.OfLines(Console.In, Console.IsInputRedirected ? ExamplesAtOnce : 1)
                        : stream.OfFile(file!, columns, ExamplesAtOnce);
                if (target is null)
                    Print(answers, parsed.GetValue(json));
                else
                    PredictionWriter.Write(target, answers);
                return Task.FromResult(ExitCodes.Ok);
            }
        );
        return command;
    }

    private static IEnumerable<PartLine> Lines(
        Predictor predictor,
        string file,
        ColumnOptions columns,
        bool inCodePoints,
        CancellationToken cancellationToken
    )
    {
        using Predictor held = predictor;
        PredictionStream stream = new(predictor, inCodePoints, cancellationToken) { Logger = Terminal.Logger };
        foreach (AnsweredRow row in stream.OfFile(file, columns, ExamplesAtOnce).SelectMany(part => part.Rows))
            yield return new PartLine(PredictionWriter.Line(row), row.Failure);
    }

    private static TokenAggregation? Aggregation(string? name) => name is null ? null
        : Enum.TryParse(name, ignoreCase: true, out TokenAggregation known) && !char.IsAsciiDigit(name[0]) ? known
        : throw new InputException($"--aggregation {name}: none, simple, first, average or max is expected");

    private static void Print(Prediction prediction, bool json)
    {
        if (json) Terminal.Json(prediction.ToMarkedJson());
        else Terminal.Out(Line(prediction));
    }

    private static void Print(IEnumerable<AnsweredRows> answers, bool json)
    {
        foreach (AnsweredRow row in answers.SelectMany(part => part.Rows))
        {
            if (row.Failure is { } failure) Terminal.Log($"no answer: {failure}");
            Terminal.Out(json ? PredictionWriter.Line(row) : row.Prediction is { } prediction ? Line(prediction) : "");
        }
    }

    private static string Line(Prediction prediction) =>
        prediction.Answer
        + (prediction.Confidence is double confidence ? string.Create(CultureInfo.InvariantCulture, $"\t{confidence:0.0000}") : "")
        + (prediction.IsUnsure == true ? "\tunsure" : "")
        + (prediction.IsUnfamiliar == true ? "\tunfamiliar" : "");
}
