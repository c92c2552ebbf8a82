using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Graft.Evaluation;
using Graft.Pretrained;
using Graft.Reports;
using Graft.Reports.Plots;
using Graft.Reports.Sections;
using Graft.Tasks;

namespace Graft.Demonstrations.Transfer;

/// <summary>Renders a transfer report: a Markdown table, a plot as SVG, the page with both, and the numbers for programs.</summary>
internal static class TransferWriter
{
    private const int FewestForCurve = 3;

    public static void Write(TransferOptions options, TransferData data, TransferResult result)
    {
        LinePlot plot = PlotOf(result);
        string PathOf(string name) => Path.Combine(options.Output, name);
        AtomicFile.WriteText(PathOf("transfer.md"), Markdown(options, data, result));
        AtomicFile.WriteText(PathOf("transfer.svg"), PlotFile.Svg(plot));
        AtomicFile.WriteText(PathOf("transfer.json"), Json(options, result).ToJsonString(Graft.Runs.RunFolder.Json) + "\n");
        Page(options, data, result, plot).Write(PathOf("report.html"));
    }

    /// <summary>"64.2 ± 1.3": the mean and half the width of its interval, in percent.</summary>
    private static string Cell(TransferRow? row)
    {
        if (row is null) return "–";
        double half = (row.Score.High - row.Score.Low) / 2;
        return double.IsNaN(half)
            ? string.Create(CultureInfo.InvariantCulture, $"{100 * row.Score.Value:0.0}")
            : string.Create(CultureInfo.InvariantCulture, $"{100 * row.Score.Value:0.0} ± {100 * half:0.0}");
    }

    private static string Title(TransferOptions options) =>
        $"What pre-training is worth: {NameOf(options.Model)} on {NameOf(Path.GetDirectoryName(Path.GetFullPath(options.Train))!)}";

    private static string NameOf(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(path));

    private static string How(TransferOptions options, TransferData data, TransferResult result)
    {
        string judged = options.Evaluation is null ? "on a held-out fifth of the labels themselves" : $"on {options.Evaluation}";
        return string.Create(
                CultureInfo.InvariantCulture,
                $"{Capitalized(result.Metric)} in percent on all {result.TestExamples:N0} examples of the test file; "
                    + $"{data.Task.Labels.Count} labels, those of the whole training file. A number of labels means the first so many "
                    + $"examples. "
            )
            + $"Trained methods: mean of {options.Seeds} "
                + $"seeds{(options.Seeds > 2 ? " ± half the 95 % interval of that mean (Student's t)" : "")}; the same epochs and "
                + $"batch for both, the learning rate chosen {judged}. "
            + "The classifier on fixed vectors is logistic regression, its penalty chosen the same way; it has one optimum and so no "
                + "spread.";
    }

    private static string Capitalized(string metric) => char.ToUpperInvariant(metric[0]) + metric[1..].Replace('_', ' ');

    private static List<IReadOnlyList<string>> Cells(TransferOptions options, TransferResult result) =>
        [
            .. result
                .Rows.Select(row => (row.Budget, row.Examples))
                .Distinct()
                .Select(line =>
                    (IReadOnlyList<string>)
                        [
                            line.Budget.Name == line.Examples.ToString(CultureInfo.InvariantCulture)
                                ? line.Budget.Name
                                : string.Create(CultureInfo.InvariantCulture, $"{line.Budget.Name} ({line.Examples:N0})"),
                            .. options.Methods.Select(method =>
                                Cell(result.Rows.FirstOrDefault(row => row.Budget == line.Budget && row.Method == method))
                            ),
                        ]
                ),
        ];

    private static string[] Header(TransferOptions options) => ["labels", .. options.Methods.Select(method => method.Name)];

    private static string Markdown(TransferOptions options, TransferData data, TransferResult result)
    {
        StringBuilder text = new();
        void Row(IReadOnlyList<string> cells) => text.Append("| ").AppendJoin(" | ", cells).Append(" |\n");
        text.Append("# ").Append(Title(options)).Append("\n\n").Append(How(options, data, result)).Append("\n\n");
        if (!result.IsComplete) text.Append("**Not complete: the time was up; the same command goes on.**\n\n");
        Row(Header(options));
        Row([.. options.Methods.Select(_ => "---:").Prepend("---:")]);
        foreach (IReadOnlyList<string> cells in Cells(options, result)) Row(cells);
        text.Append("\n![the same as a plot](transfer.svg)\n\n");
        foreach (TransferMethod method in options.Methods)
            text.Append("- **").Append(method.Name).Append("**: ").Append(method.What).Append(Settings(result, method)).Append('\n');
        text.Append("\nMade by:\n\n```\n").Append(options.CommandLine).Append("\n```\n");
        return text.ToString();
    }

    private static string Settings(TransferResult result, TransferMethod method)
    {
        string[] settings = [.. result.Rows.Where(row => row.Method == method && row.Setting is not null)
            .Select(row => string.Create(CultureInfo.InvariantCulture, $"{row.Setting!.Value:0.#e+0} with {row.Budget.Name}"))];
        return settings.Length == 0 ? "" : $" ({(method.IsTrained ? "learning rate" : "penalty")} {string.Join(", ", settings)})";
    }

    private static LinePlot PlotOf(TransferResult result) =>
        new(
            $"{Capitalized(result.Metric)} by number of labels; bands are 95 % intervals over seeds",
            "labels",
            result.Metric.Replace('_', ' '),
            [
                .. result
                    .Rows.GroupBy(row => row.Method)
                    .Select(rows => new LineSeries(
                        rows.Key.Name,
                        [.. rows.OrderBy(row => row.Examples).Select(row => ((double)row.Examples, row.Score))]
                    )),
            ],
            LogarithmicX: result.Rows.Select(row => row.Examples).Distinct().Count() > 1
        );

    private static Report Page(TransferOptions options, TransferData data, TransferResult result, LinePlot plot)
    {
        Report report = new Report(Title(options), $"{options.Train}, judged on {options.Test}").Add(
            new ReportSection(
                "Score by number of labels",
                [
                    new Paragraph(How(options, data, result)),
                    new PlotBlock(plot),
                    new ReportTable(
                        result.IsComplete ? "Every method" : "Every method; not complete: the time was up",
                        Header(options),
                        Cells(options, result),
                        NumericFrom: 0
                    ),
                    new ReportTable(
                        "The methods",
                        ["method", "what it is"],
                        [.. options.Methods.Select(method => (IReadOnlyList<string>)[method.Name, method.What + Settings(result, method)])]
                    ),
                ]
            )
        );
        (double, ScoreInterval)[] tuned =
        [
            .. result.Rows.Where(row => row.Method == TransferMethod.Full).Select(row => ((double)row.Examples, row.Score)),
        ];
        return tuned.Select(point => point.Item1).Distinct().Count() < FewestForCurve
            ? report
            : report.Add(LearningCurveSection.Build(tuned, result.Metric));
    }

    private static JsonObject Json(TransferOptions options, TransferResult result) => new()
    {
        ["model"] = options.Model,
        ["model_sha256"] = WeightsHash.Of(options.Model),
        ["task"] = options.Task.Name,
        ["train"] = options.Train,
        ["test"] = options.Test,
        ["evaluation"] = options.Evaluation,
        ["metric"] = result.Metric,
        ["test_examples"] = result.TestExamples,
        ["complete"] = result.IsComplete,
        ["command_line"] = options.CommandLine,
        ["rows"] = new JsonArray([.. result.Rows.Select(row => (JsonNode?)new JsonObject
        {
            ["labels"] = row.Budget.Name,
            ["examples"] = row.Examples,
            ["method"] = row.Method.Key,
            ["mean"] = row.Score.Value,
            ["low"] = double.IsNaN(row.Score.Low) ? null : row.Score.Low,
            ["high"] = double.IsNaN(row.Score.High) ? null : row.Score.High,
            ["deviation"] = row.Scores.Count < 2 ? null : Summary.StandardDeviation([.. row.Scores]),
            [row.Method.IsTrained ? "learning_rate" : "penalty"] = row.Setting,
            ["scores"] = new JsonArray([.. row.Scores.Select(score => (JsonNode?)score)]),
        })]),
    };
}
