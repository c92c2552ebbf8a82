using System.Text.Json.Nodes;

namespace Graft.Tests.Cases;

/// <summary>
/// A folder with small files and a <c>case.json</c> that says which commands are run on them and what must come of it
/// (<c>../shared/cases/README.md</c> has the format): commands run in order in one fresh copy of the folder, and the first that falls short
/// ends the case.
/// </summary>
internal static class Case
{
    private const int DefaultSeconds = 240;

    /// <summary>Runs a case; what fell short, null where nothing did.</summary>
    /// <param name="folder">The case; its files are copied.</param>
    public static string? Run(string folder)
    {
        JsonObject @case = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "case.json")))!.AsObject();
        string work = Directory.CreateTempSubdirectory("graft-case-").FullName;
        try
        {
            CopyFiles(folder, work);
            foreach (JsonNode? step in @case["steps"]!.AsArray())
            {
                if (RunStep(step!.AsObject(), work) is string faults) return $"{@case["about"]}\n{faults}";
            }

            return null;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static string? RunStep(JsonObject step, string work)
    {
        string[] arguments = [.. step["graft"]!.AsArray().Select(argument => Filled((string)argument!))];
        byte[] input = (string?)step["stdin"] is string file ? File.ReadAllBytes(Path.Combine(work, file)) : [];
        Dictionary<string, string> environment = step["environment"]?.AsObject().ToDictionary(pair => pair.Key, pair => (string)pair.Value!)
            ?? [];
        CommandResult result = GraftProcess.Run(
            arguments,
            work,
            input,
            environment,
            TimeSpan.FromSeconds((int?)step["seconds"] ?? DefaultSeconds)
        );
        IEnumerable<JsonObject> accepted = step["any_of"]?.AsArray().Select(one => one!.AsObject()) ?? [step["expect"]?.AsObject() ?? []];
        List<List<string>> answers = [.. accepted.Select(expectation => Expectation.Faults(expectation, result, work))];
        if (answers.Any(faults => faults.Count == 0))
            return null;
        return $"graft {string.Join(' ', arguments)}\n  "
            + string.Join("\n  ", answers.MinBy(faults => faults.Count)!)
            + $"\n  stderr: {result.Error}";
    }

    private static string Filled(string argument) => argument
        .Replace("{model}", Path.Combine(TestData.Root, "models", "graft-small"), StringComparison.Ordinal)
        .Replace("{minilm}", Path.Combine(SharedFolder, "models", "all-MiniLM-L6-v2"), StringComparison.Ordinal)
        .Replace("{shared}", SharedFolder, StringComparison.Ordinal);

    private static string SharedFolder => Path.GetFullPath(Path.Combine(TestData.Root, "..", "shared"));

    private static void CopyFiles(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string name = Path.GetRelativePath(from, file);
            if (name == "case.json") continue;
            string copy = Path.Combine(to, name);
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(copy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }
}
