using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Data.Checks;
using Graft.Tasks;

namespace Graft.Cli.Commands;

/// <summary><c>graft data check</c>: looks through labelled data before anything is trained on it.</summary>
internal static class DataCommand
{
    /// <summary>The formats of labelled data, as help lists them.</summary>
    internal const string TrainingFormats =
        "a file, a folder or a pattern of shards: CSV, TSV, JSON, JSON Lines, Parquet, fastText; CoNLL, CoNLL-U, entities by characters; "
            + "SQuAD";

    public static Command Create() => new("data", "Look through labelled data.") { Check() };

    private static Command Check()
    {
        Option<string> task = CommonFlags.Task(TaskDataCheck.Tasks);
        Option<string> train = CommonFlags.Train.Required<string>(TrainingFormats);
        Option<string?> eval = CommonFlags.Evaluation.Optional<string?>("scores will be measured on it; none otherwise");
        ReadingFlags reading = new();
        Option<int> maxLength = CommonFlags.MaxLength.WithDefault(DataCheckOptions.DefaultMaxLength, "longer ones are named");
        Option<string?> model = CommonFlags.Model.Optional<string?>(
            "a pre-trained one also finds labels that are probably wrong and texts that mean almost the same; none otherwise");
        Option<string?> output = CommonFlags.Output.Optional<string?>(
            "with --model: every suspicious label as JSON Lines, the surest first; suspicious.jsonl otherwise",
            "FILE");
        Option<int> show = new("--show") { Description = "How many places of each problem to print.", DefaultValueFactory = _ => 10 };
        Option<bool> json = CommonFlags.Json("one document with every place");
        Command command = new(
            "check",
            "Say how files are read, and name duplicates, conflicting and rare labels, empty and long texts, broken tags, misplaced "
                + "answers and damaged encoding, line by line; with --model also labels that are probably wrong. Exit code 1 when "
                + "data is damaged."
        )
        {
            task, train, eval, model, output, maxLength, show, json,
        };
        reading.AddTo(command);
        command.SetAction((parsed, cancellationToken) =>
        {
            DataCheckOptions options = new()
            {
                Task = parsed.GetValue(task)!,
                Train = parsed.GetValue(train)!,
                Evaluation = parsed.GetValue(eval),
                Columns = reading.Options(parsed),
                MaxLength = parsed.GetValue(maxLength),
            };
            DataReport report = TaskDataCheck.Run(options);
            if (parsed.GetValue(model) is string asked)
            {
                IReadOnlyList<Finding> found = ModelDataCheck.Run(
                    options,
                    ModelFlag.Locate(asked, cancellationToken),
                    parsed.GetValue(output),
                    Terminal.Logger,
                    cancellationToken
                );
                report = report with { Findings = [.. report.Findings.Concat(found).OrderByDescending(finding => finding.Severity)] };
            }
            else if (parsed.GetValue(output) is not null)
            {
                throw new InputException("--output is for suspicious labels, which a model finds: give --model beside it");
            }

            if (parsed.GetValue(json)) Terminal.Json(Document(report));
            else Print(report, parsed.GetValue(show));
            return Task.FromResult(report.HasErrors ? ExitCodes.Failed : ExitCodes.Ok);
        });
        return command;
    }

    private static void Print(DataReport report, int show)
    {
        foreach (Interpretation file in report.Files) Terminal.Out($"{file.Path} is read as: {file.Describe()}");
        foreach (Finding finding in report.Findings)
        {
            Terminal.Out($"{finding.Severity.ToString().ToLowerInvariant()}: {Terminal.WithFlags($"{finding.Summary}; {finding.Advice}")}");
            foreach (Place place in finding.Places.Take(show))
                Terminal.Out($"  {place}");
            if (finding.Places.Count > show)
                Terminal.Out(
                    string.Create(CultureInfo.InvariantCulture, $"  … and {finding.Places.Count - show:N0} more (--show N, --json)")
                );
        }

        if (report.Findings.Count == 0) Terminal.Out("nothing found");
    }

    private static JsonObject Document(DataReport report) =>
        new()
        {
            ["files"] = new JsonArray([.. report.Files.Select(file => file.ToJson())]),
            ["findings"] = new JsonArray([
                .. report.Findings.Select(finding => new JsonObject
                {
                    ["code"] = finding.Code,
                    ["severity"] = finding.Severity.ToString().ToLowerInvariant(),
                    ["summary"] = finding.Summary,
                    ["advice"] = finding.Advice,
                    ["places"] = new JsonArray([
                        .. finding.Places.Select(place => new JsonObject
                        {
                            ["path"] = place.Path,
                            ["line"] = place.Line,
                            ["detail"] = place.Detail,
                        }),
                    ]),
                }),
            ]),
        };
}
