using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Graft;
using Graft.Data;
using Graft.Evaluation;
using Graft.Inference;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tokenizers;

// What Graft.Core does in a native program, without an engine: reads a run folder's manifest and a labelled file, decodes raw scores that
// something else computed (JSON: a row of numbers for each window) and prints the metrics. Without scores it asks for an engine, which this
// program does not have: exit code 2.
if (args.Length is not (2 or 3))
{
    Console.Error.WriteLine("usage: Graft.Core.Aot RUN DATA [SCORES.json]");
    return 2;
}

try
{
    RunManifest run = RunManifest.Read(args[0]) ?? throw new InputException($"{args[0]} holds no run");
    // As the run answers: with its temperature, where it has one.
    FineTuningTask task = run.Bind(FineTuningTasks.Parse(run.Task).WithLabels(run.Labels)) with { Calibrated = true };
    TaskData data = task.Read(args[1], new ColumnOptions(), labelled: true);
    if (args.Length == 2)
    {
        using Predictor predictor = Predictor.Load(args[0]);
        return 0;
    }

    EncodedData encoded = task.Encode(data, Tokenizer.Load(args[0]), run.Encoding);
    using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(args[2]));
    FeatureScores[] scores =
    [
        .. json
            .RootElement.EnumerateArray()
            .Select(row => (float[])[.. row.EnumerateArray().Select(value => value.GetSingle())])
            .Select(row => new FeatureScores(row, row.Length)),
    ];
    foreach (NamedScore score in task.Measure(data, task.Decode(data, encoded, scores)))
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{score.Name} {score.Interval.Value:R}"));
    using Process self = Process.GetCurrentProcess();
    string[] torch =
    [
        .. self
            .Modules.Cast<ProcessModule>()
            .Select(module => module.ModuleName)
            .Where(name => name.Contains("torch", StringComparison.OrdinalIgnoreCase)),
    ];
    Console.WriteLine($"torch-modules {torch.Length}");
    return 0;
}
catch (InputException wrong)
{
    Console.Error.WriteLine(wrong.Message);
    return 2;
}
