using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Benchmarks;
using Graft.Torch.Compute;

namespace Graft.Cli.Commands;

/// <summary><c>graft bench [NAME…]</c>: speed on this machine beside its peak of the same minute.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        Argument<string[]> names = new("NAME")
        {
            Description =
                "Benchmarks to run; all that need no file when none is named. inference: models side by side, whatever engine runs "
                    + "them. scaling: what to expect of 2 to 64 machines.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string?> model = CommonFlags.Model.Optional<string?>(
            "for the minilm benchmarks; for inference several, with commas; none otherwise");
        Option<string?> train = CommonFlags.Train.Optional<string?>("for the minilm benchmarks; none otherwise");
        Option<string?> input = CommonFlags.Input.Optional<string?>(
            "text for the tokenizer benchmarks, examples for inference; nothing otherwise");
        Option<int> repetitions = new("--repetitions")
        {
            Description = "How often each piece of work is timed; the fastest counts.",
            DefaultValueFactory = _ => 5,
        };
        Option<int?> threads = CommonFlags.Threads();
        Option<bool> json = CommonFlags.Json();
        Command command = new("bench", "Measure speed beside the machine's peak.")
        {
            names,
            model,
            train,
            input,
            repetitions,
            threads,
            json,
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(names) is [InferenceBench.Name])
            {
                (string? models, string? texts) = (parsed.GetValue(model), parsed.GetValue(input));
                if (models is null || texts is null)
                    throw new InputException($"{InferenceBench.Name} needs --model A,B,C and --input FILE");
                return InferenceBench.Run(models, texts, parsed.GetValue(threads), parsed.GetValue(json));
            }

            BenchmarkOptions options = new()
            {
                Model = parsed.GetValue(model) is string named ? ModelFlag.Locate(named) : null,
                Train = parsed.GetValue(train),
                Input = parsed.GetValue(input),
                Repetitions = parsed.GetValue(repetitions),
            };
            if (parsed.GetValue(names) is [ScalingBench.Name])
                return ScalingBench.Run(options, parsed.GetValue(threads), parsed.GetValue(json));
            return Run(parsed.GetValue(names) ?? [], options, parsed.GetValue(threads), parsed.GetValue(json));
        });
        return command;
    }

    private static int Run(string[] names, BenchmarkOptions options, int? threads, bool json)
    {
        using ComputeScope computing = new ComputeContext { Threads = threads }.Enter();
        BenchmarkReport report = BenchmarkRunner.Run(names, options, json ? null : Print);
        if (json) Terminal.Json(Document(report));
        else Terminal.Out(string.Create(CultureInfo.InvariantCulture, $"peak {report.PeakGflops:0.0} GFLOP/s"));
        return ExitCodes.Ok;
    }

    private static void Print(BenchmarkResult result)
    {
        string share = result.ShareOfPeak is double value ? string.Create(CultureInfo.InvariantCulture, $"  {value:P1} of peak") : "";
        string ratio = result.Ratio is double time
            ? string.Create(CultureInfo.InvariantCulture, $"  {time:0.00} × the baseline's time")
            : "";
        Terminal.Out(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Name, -22} {result.Value, 10:0.0} {result.Unit}{share}{ratio}  (most memory so far "
                    + $"{result.PeakResidentBytes / 1e9:0.00} GB)"
            )
        );
        if (result.Parts is { } parts)
            Terminal.Out(
                "  of which "
                    + string.Join(", ", parts.Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Key} {part.Value:0.0}")))
            );
    }

    private static JsonObject Document(BenchmarkReport report)
    {
        JsonArray results = [];
        foreach (BenchmarkResult result in report.Results)
        {
            results.Add(
                new JsonObject
                {
                    ["name"] = result.Name,
                    ["value"] = result.Value,
                    ["unit"] = result.Unit,
                    ["share_of_peak"] = result.ShareOfPeak,
                    ["baseline"] = result.Baseline,
                    ["ratio"] = result.Ratio,
                    ["peak_rss_bytes"] = result.PeakResidentBytes,
                    ["parts_ms"] = result.Parts is null
                        ? null
                        : new JsonObject(result.Parts.Select(part => KeyValuePair.Create(part.Key, (JsonNode?)part.Value))),
                }
            );
        }

        return new JsonObject { ["peak_gflops"] = report.PeakGflops, ["results"] = results };
    }
}
