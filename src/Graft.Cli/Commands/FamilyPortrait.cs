using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Evaluation;
using Graft.Export;
using Graft.Graphs;
using Graft.Inference;
using Graft.Onnx;
using Graft.Reports;
using Graft.Runs;
using Graft.StaticModels;
using Graft.Tasks;
using Graft.Torch.Compute;

namespace Graft.Cli.Commands;

/// <summary>
/// <c>graft export --all</c>: a model and its smaller and faster forms, each measured on the same examples in the same minutes.
/// </summary>
/// <param name="Model">The model's folder.</param>
/// <param name="Examples">What they were measured on.</param>
/// <param name="Count">The number of examples.</param>
/// <param name="Members">The model first.</param>
/// <param name="Advice">Which to take for what, a line each.</param>
internal sealed record FamilyPortrait(
    string Model,
    string Examples,
    int Count,
    IReadOnlyList<FamilyMember> Members,
    IReadOnlyList<string> Advice
)
{
    private const string JsonFile = "family.json", PageFile = "report.html";
    private const int MostTexts = 512, Rounds = 3, Singles = 30;
    private const double Clear = 0.05; // of a paired test
    private const double Tolerated = 0.01; // of the main metric: a point
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    private static string[] Header =>
        ["form", "MB", "texts/s, 1 thread", "texts/s, all", "ms a text", "cold start s", "score", "difference", "verdict"];

    /// <summary>Writes all forms and measures them.</summary>
    /// <param name="model">A run folder or a fine-tuned model.</param>
    /// <param name="output">A folder for all: <c>int8</c>, <c>onnx</c>, <c>onnx-int8</c>, <c>static</c>, the table.</param>
    /// <param name="evaluation">Labelled examples; null: the run's development data.</param>
    /// <param name="maxLoss">What 8 bits may cost.</param>
    /// <param name="cancellationToken">Stops between measurements.</param>
    /// <exception cref="InputException">The model answers no task, or there are no examples.</exception>
    public static FamilyPortrait Make(string model, string output, string? evaluation, double maxLoss, CancellationToken cancellationToken)
    {
        model = RunSeeds.Best(model);
        string examples =
            evaluation
            ?? RunManifest.Read(model)?.Evaluation?.Path
            ?? throw new InputException($"{model} records no development data: name labelled examples with --eval");
        if (!File.Exists(examples)) throw new InputException($"{examples} does not exist: name labelled examples with --eval");
        List<FamilyMember> members = [new FamilyMember("full", model, Precision.Fp32)];
        string Place(string name) => Path.Combine(output, name);
        void Add(string name, Precision precision, Action<string> write)
        {
            string folder = Place(name);
            try
            {
                Terminal.Log($"{name}: {folder}");
                write(folder);
                members.Add(new FamilyMember(name, folder, precision));
            }
            catch (InputException refused)
            {
                Terminal.Log($"{name}: {refused.Message}");
                members.Add(new FamilyMember(name, null, precision) { Refused = refused.Message });
            }
        }

        OnnxExportOptions onnx = new() { Evaluation = examples, MaxLoss = maxLoss };
        Add("int8", Precision.Int8, to => Int8Exporter.Export(model, to, examples, maxLoss, Terminal.Log, cancellationToken));
        Add("onnx", Precision.Fp32, to => OnnxExporter.Export(model, to, onnx, Terminal.Log, cancellationToken));
        Add(
            "onnx-int8",
            Precision.Int8,
            to => OnnxExporter.Export(model, to, onnx with { Precision = OnnxPrecision.Int8 }, Terminal.Log, cancellationToken)
        );
        Add(
            "static",
            Precision.Fp32,
            to => StaticDistillation.Run(new() { Teacher = model, Output = to, Overwrite = true }, Terminal.Logger, cancellationToken)
        );
        FamilyMember[] measured = Measure(members, examples, cancellationToken, out int count);
        FamilyPortrait family = new(model, examples, count, measured, []);
        family = family.WithVerdicts();
        Directory.CreateDirectory(output);
        File.WriteAllText(Place(JsonFile), family.ToJson().ToJsonString(s_indented) + "\n");
        family.Page().Write(Place(PageFile));
        return family;
    }

    /// <summary>The table on stdout.</summary>
    public void Print()
    {
        string[][] rows = [Header, .. Rows()];
        int[] widths = [.. Enumerable.Range(0, Header.Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
            Terminal.Out(
                string.Join("  ", row.Select((cell, i) => i is 0 or 8 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))).TrimEnd()
            );
        foreach (string line in Advice) Terminal.Out(line);
    }

    /// <summary>The document.</summary>
    public JsonObject ToJson() =>
        new()
        {
            ["model"] = Model,
            ["examples"] = Examples,
            ["count"] = Count,
            ["threads"] = ComputeContext.Current.ResolvedThreads,
            ["members"] = new JsonArray([.. Members.Select(member => (JsonNode)member.ToJson())]),
            ["advice"] = new JsonArray([.. Advice.Select(line => (JsonNode)line)]),
        };

    private Report Page() =>
        new Report($"The family of {Path.GetFileName(Path.TrimEndingDirectorySeparator(Model))}", $"{Model} on {Examples}").Add(
            new ReportSection(
                "Size, speed and score",
                [
                    new ReportTable($"On {Count} examples; differences to the full model are paired", Header, [.. Rows()], 1),
                    .. Advice.Select(line => new Paragraph(line)),
                ]
            )
        );

    private IEnumerable<string[]> Rows() => Members.Select(member => member.Row());

    private static FamilyMember[] Measure(
        List<FamilyMember> members,
        string examples,
        CancellationToken cancellationToken,
        out int count
    )
    {
        FamilyMember[] there = [.. members.Where(member => member.Folder is not null)];
        RunEvaluation? full = null;
        foreach (FamilyMember member in there)
        {
            cancellationToken.ThrowIfCancellationRequested();
            RunEvaluation evaluation = RunEvaluation.Evaluate(
                member.Folder!, examples, compute: member.Compute(null), cancellationToken: cancellationToken);
            full ??= evaluation;
            member.Score = evaluation.Scores[0];
            member.Difference = ReferenceEquals(evaluation, full) ? null : RunComparison.Between(full, evaluation).Difference;
            member.ColdStart = ColdStart(member);
        }

        int all = ComputeContext.Current.ResolvedThreads;
        Speeds(there, examples, 1, (member, speed, _) => member.OneThread = speed);
        Speeds(
            there,
            examples,
            all,
            (member, speed, latency) => (member.AllThreads, member.Latency) = (speed, latency)
        );
        count = full!.Examples;
        return [.. members];
    }

    /// <summary>Texts a second and milliseconds of one text; the forms take turns, so that what disturbs one disturbs all.</summary>
    private static void Speeds(FamilyMember[] members, string examples, int threads, Action<FamilyMember, double, double> told)
    {
        using ComputeScope computing = (ComputeContext.Current with { Threads = threads }).Enter();
        Predictor[] predictors = [.. members.Select(member => Predictor.Load(member.Folder!, compute: member.Compute(threads)))];
        try
        {
            TaskData[] texts =
            [
                .. predictors.Select(predictor =>
                    predictor.Task.Stream(examples, new ColumnOptions { RequireLabel = false }, MostTexts, _ => { }).First()
                ),
            ];
            TaskData[] one = [.. texts.Select(data => data.Take([data.Count / 2]))];
            double[] best = [.. members.Select(_ => double.PositiveInfinity)], single = [.. best];
            for (int round = 0; round <= Rounds; round++)
            {
                for (int i = 0; i < members.Length; i++)
                {
                    double seconds = Seconds(() => predictors[i].Predict(texts[i]));
                    if (round > 0) best[i] = Math.Min(best[i], seconds); // the first one warms up
                    for (int k = 0; k < Singles; k++) single[i] = Math.Min(single[i], Seconds(() => predictors[i].Predict(one[i])));
                }
            }

            for (int i = 0; i < members.Length; i++) told(members[i], texts[i].Count / best[i], 1e3 * single[i]);
        }
        finally
        {
            foreach (Predictor predictor in predictors) predictor.Dispose();
        }
    }

    private static double Seconds(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Seconds from the start of a process to the answer to one text; null where this process is not the command line.</summary>
    private static double? ColdStart(FamilyMember member)
    {
        if (Environment.ProcessPath is not string program || Path.GetFileNameWithoutExtension(program) is not ("graft" or "Graft.Cli"))
            return null;
        double best = double.PositiveInfinity;
        for (int i = 0; i < 2; i++)
        {
            ProcessStartInfo start = new(program, ["predict", "--model", member.Folder!, "--text", "hello"])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            int code = 0;
            double seconds = Seconds(() =>
            {
                using Process process = Process.Start(start)!;
                Task<string> errors = process.StandardError.ReadToEndAsync();
                process.StandardOutput.ReadToEnd();
                errors.Wait();
                process.WaitForExit();
                code = process.ExitCode;
            });
            if (code != 0) return null; // such as a task that asks for two texts
            best = Math.Min(best, seconds);
        }

        return best;
    }

    private FamilyPortrait WithVerdicts()
    {
        FamilyMember[] there = [.. Members.Where(member => member.Folder is not null)];
        FamilyMember[] equals = [.. there.Where(member => member.Difference is not { } found || IsAsGood(found))];
        FamilyMember bulk = equals.MaxBy(member => member.AllThreads)!,
            single = equals.MinBy(member => member.Latency)!,
            fastest = there.MaxBy(member => member.AllThreads)!;
        List<string> advice =
        [
            $"many texts, no loss: {bulk.Name}, {Times(bulk, there[0])} the full model's texts a second",
            $"one text at a time, no loss: {single.Name}, {FamilyMember.Milliseconds(single.Latency)} ms",
        ];
        if (!equals.Contains(fastest))
            advice.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"where {-100 * fastest.Difference!.Value.Difference.Low:0.0} points may be lost: {fastest.Name}, "
                        + $"{Times(fastest, there[0])} as many texts a second"
                )
            );
        if (equals.Where(member => member.ColdStart is not null).MinBy(member => member.ColdStart) is { } quick)
            advice.Add(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"a program that starts for each question, no loss: {quick.Name}, {quick.ColdStart:0.0} s"
                )
            );
        if (there.Any(member => member.Difference is { } found && !IsWorse(found) && !IsAsGood(found)))
            advice.Add($"undecided forms may be as good: {Count} examples are too few to tell a point");
        foreach (FamilyMember member in there)
        {
            string kind = member.Difference is not { } found ? "what the others are held against"
                : IsAsGood(found) ? "as good"
                : IsWorse(found) ? "worse"
                : "undecided";
            string uses = string.Join(
                " and ",
                new[] { (bulk, "many texts"), (single, "one text at a time") }.Where(use => use.Item1 == member).Select(use => use.Item2)
            );
            member.Verdict = uses.Length > 0 ? $"{kind}; for {uses}" : kind;
        }

        return this with { Advice = advice };
    }

    private static string Times(FamilyMember member, FamilyMember full) =>
        string.Create(CultureInfo.InvariantCulture, $"{member.AllThreads / full.AllThreads:0.0} ×");

    /// <summary>The interval excludes a loss of more than a point.</summary>
    private static bool IsAsGood(PairedComparison found) => found.Difference.Low >= -Tolerated;

    /// <summary>Less, and not by chance.</summary>
    private static bool IsWorse(PairedComparison found) => found.Difference.Value < 0 && found.P < Clear;
}

/// <summary>A form of a model.</summary>
/// <param name="Name">"full", "int8" …</param>
/// <param name="Folder">Where it is; null where it could not be made.</param>
/// <param name="Precision">What it multiplies.</param>
internal sealed record FamilyMember(string Name, string? Folder, Precision Precision)
{
    private static readonly string[] s_weights = [".safetensors", ".onnx", ".onnx_data", ".bin"];

    public string? Refused { get; init; }

    public double OneThread { get; set; }

    public double AllThreads { get; set; }

    /// <summary>Milliseconds of one text.</summary>
    public double Latency { get; set; }

    /// <summary>Seconds.</summary>
    public double? ColdStart { get; set; }

    public NamedScore? Score { get; set; }

    public PairedComparison? Difference { get; set; }

    public string Verdict { get; set; } = "";

    /// <summary>Bytes of its weights.</summary>
    public long Bytes =>
        Folder is null
            ? 0
            : Directory
                .EnumerateFiles(Folder)
                .Where(file => s_weights.Contains(Path.GetExtension(file), StringComparer.Ordinal))
                .Sum(file => new FileInfo(file).Length);

    /// <summary>How it computes with so many threads; null for static vectors, which have no engine.</summary>
    public IComputeOptions? Compute(int? threads) =>
        Name switch
        {
            "static" => null,
            "onnx" or "onnx-int8" => threads is int count ? new OnnxOptions { Threads = count } : new OnnxOptions(),
            _ => ComputeContext.Current with { Precision = Precision, Threads = threads ?? ComputeContext.Current.Threads },
        };

    /// <summary>Milliseconds with decimals enough for static vectors, which take microseconds.</summary>
    public static string Milliseconds(double value) => value.ToString(value < 0.1 ? "0.0000" : "0.00", CultureInfo.InvariantCulture);

    public string[] Row()
    {
        static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
        if (Folder is null) return [Name, "–", "–", "–", "–", "–", "–", "–", $"not made: {Refused}"];
        double unit = Score!.IsShare ? 100 : 1;
        string difference = Difference is not { } found
            ? "–"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{100 * found.Difference.Value:+0.00;-0.00;0.00} ({100 * found.Difference.Low:+0.00;-0.00;0.00} … "
                    + $"{100 * found.Difference.High:+0.00;-0.00;0.00})"
            );
        return
        [
            Name,
            Number(Bytes / 1e6, "0.0"),
            Number(OneThread, "0"),
            Number(AllThreads, "0"),
            Milliseconds(Latency),
            ColdStart is double cold ? Number(cold, "0.0") : "–",
            Number(unit * Score.Interval.Value, "0.00"),
            difference,
            Verdict,
        ];
    }

    public JsonObject ToJson() =>
        Folder is null
            ? new JsonObject { ["name"] = Name, ["refused"] = Refused }
            : new JsonObject
            {
                ["name"] = Name,
                ["folder"] = Folder,
                ["bytes"] = Bytes,
                ["texts_per_second_one_thread"] = OneThread,
                ["texts_per_second_all_threads"] = AllThreads,
                ["milliseconds_one_text"] = Latency,
                ["seconds_cold_start"] = ColdStart,
                ["metric"] = Score!.Name,
                ["score"] = Score.Interval.Value,
                ["difference"] = Difference is { } found
                    ? new JsonObject
                    {
                        ["value"] = found.Difference.Value,
                        ["low"] = found.Difference.Low,
                        ["high"] = found.Difference.High,
                        ["p"] = found.P,
                    }
                    : null,
                ["verdict"] = Verdict,
            };
}
