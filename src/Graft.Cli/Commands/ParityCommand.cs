using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Parity;

namespace Graft.Cli.Commands;

/// <summary><c>graft parity PATH…</c>: runs references and prints the largest difference of each group.</summary>
internal static class ParityCommand
{
    public static Command Create()
    {
        Argument<string[]> paths = new("PATH") { Description = "Case folders, or folders above them.", Arity = ArgumentArity.OneOrMore };
        Option<bool> json = CommonFlags.Json();
        Command command = new("parity", "Compare models with reference numbers: outputs, gradients, three optimizer steps.")
        {
            paths,
            json,
        };
        command.SetAction(parsed => Run(parsed.GetValue(paths)!, parsed.GetValue(json)));
        return command;
    }

    private static int Run(string[] paths, bool json)
    {
        List<ParityReport> reports = [];
        foreach (string folder in ParityRunner.Find(paths))
        {
            ParityReport report = ParityRunner.Run(folder);
            reports.Add(report);
            if (!json) Print(report);
        }

        int failed = reports.Count(report => !report.Passed);
        if (json) Terminal.Json(Document(reports, failed));
        else Terminal.Out(string.Create(CultureInfo.InvariantCulture, $"{reports.Count - failed} of {reports.Count} cases passed"));
        return failed == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static void Print(ParityReport report)
    {
        IEnumerable<string> groups = report.Groups.Select(group =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"{group.Name} {group.LargestDifference:0.0e+0}{(group.Passed ? "" : $" > {group.Tolerance:0.0e+0} at {group.Worst}")}"
            )
        );
        Terminal.Out($"{(report.Passed ? "ok    " : "FAILED")} {report.Path}: {report.Kind}: {report.Error ?? string.Join(", ", groups)}");
    }

    private static JsonObject Document(List<ParityReport> reports, int failed)
    {
        JsonArray cases = [];
        foreach (ParityReport report in reports)
        {
            JsonObject groups = [];
            foreach (ParityGroup group in report.Groups)
            {
                groups[group.Name] = new JsonObject
                {
                    ["largest_difference"] = double.IsFinite(group.LargestDifference) ? group.LargestDifference : null,
                    ["tolerance"] = group.Tolerance,
                    ["worst"] = group.Worst,
                    ["tensors"] = group.Tensors,
                    ["passed"] = group.Passed,
                };
            }

            cases.Add(
                new JsonObject
                {
                    ["path"] = report.Path,
                    ["kind"] = report.Kind,
                    ["passed"] = report.Passed,
                    ["error"] = report.Error,
                    ["groups"] = groups,
                }
            );
        }

        return new JsonObject { ["passed"] = reports.Count - failed, ["failed"] = failed, ["cases"] = cases };
    }
}
