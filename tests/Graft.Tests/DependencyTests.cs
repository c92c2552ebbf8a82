using System.Text.RegularExpressions;

namespace Graft.Tests;

/// <summary>Dependencies point one way: inside the library each folder may use only the folders listed for it here.</summary>
public sealed partial class DependencyTests
{
    /// <summary>The picture of docs/ARCHITECTURE.md. A folder that is missing here fails the test: decide where it stands, and write it down.</summary>
    private static readonly Dictionary<string, string[]> s_allowed = new(StringComparer.Ordinal)
    {
        ["Torch"] = [],
        ["Checkpoints"] = [],
        ["Data"] = [],
        ["Evaluation"] = ["Data"],
        ["Reports"] = ["Data", "Evaluation"],
        ["Layers"] = ["Torch"],
        ["Backbones"] = ["Torch", "Layers", "Checkpoints"],
        ["Heads"] = ["Torch", "Layers", "Backbones"],
        ["Pretrained"] = ["Torch", "Layers", "Backbones", "Heads", "Checkpoints", "Tuning"],
        ["Training"] = ["Torch", "Checkpoints", "Reports"],
        ["Objectives"] = ["Torch", "Layers", "Backbones", "Heads", "Pretrained", "Training"],
        ["Tuning"] = ["Torch", "Layers", "Backbones", "Heads", "Checkpoints"],
        ["Corpus"] = ["Data", "Checkpoints", "Objectives"],
        ["Tasks"] = ["Torch", "Layers", "Backbones", "Heads", "Pretrained", "Training", "Tuning", "Data", "Evaluation", "Reports", "Checkpoints", "Generation"],
        ["Generation"] = ["Torch", "Layers", "Backbones", "Heads", "Pretrained"],
        ["Inference"] = ["Torch", "Layers", "Backbones", "Heads", "Pretrained", "Tasks", "Tuning", "Data", "Evaluation", "Generation"],
        ["Pretraining"] = ["Torch", "Backbones", "Heads", "Pretrained", "Training", "Objectives", "Corpus", "Data", "Evaluation", "Checkpoints", "Layers"],
        ["Parity"] = ["Torch", "Layers", "Backbones", "Heads", "Pretrained", "Training", "Objectives", "Checkpoints", "Tuning", "Generation"],
        ["Benchmarks"] = ["Torch", "Layers", "Backbones", "Heads", "Pretrained", "Training", "Tasks", "Data", "Inference", "Generation", "Objectives", "Pretraining"],
        ["Demonstrations"] = ["Torch", "Training", "Tasks", "Tuning", "Pretrained", "Backbones", "Layers", "Data", "Inference", "Evaluation", "Reports"], // fixed vectors are read off the backbone itself
    };

    [GeneratedRegex(@"\bGraft\.(?<folder>[A-Z]\w+)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Reference();

    [Fact]
    public void EveryFolderUsesOnlyTheFoldersBelowIt()
    {
        string source = Path.Combine(TestData.Root, "src", "Graft");
        string[] folders = [.. Directory.GetDirectories(source).Select(folder => Path.GetFileName(folder)!).Where(name => name is not ("bin" or "obj"))];
        List<string> violations = [.. folders.Where(folder => !s_allowed.ContainsKey(folder)).Select(folder => $"{folder} has no place in the order of dependencies")];
        foreach (string folder in folders.Where(s_allowed.ContainsKey))
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(source, folder), "*.cs", SearchOption.AllDirectories))
            {
                IEnumerable<string> used = Reference().Matches(File.ReadAllText(file)).Select(match => match.Groups["folder"].Value).Distinct();
                foreach (string name in used.Where(name => name != folder && folders.Contains(name) && !s_allowed[folder].Contains(name)))
                    violations.Add($"{Path.GetRelativePath(source, file)} uses {name}");
            }
        }

        Assert.True(violations.Count == 0, string.Join('\n', violations));
    }

    [Fact]
    public void CheckpointReadersAndDataNeverLoadTorch()
    {
        string source = Path.Combine(TestData.Root, "src", "Graft");
        IEnumerable<string> users = new[] { "Checkpoints", "Data", "Evaluation", "Reports" }
            .Select(folder => Path.Combine(source, folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories))
            .Where(file => File.ReadAllText(file).Contains("TorchSharp", StringComparison.Ordinal));
        Assert.Empty(users);
    }

    [Fact]
    public void TheTokenizersStandAlone() =>
        Assert.DoesNotContain(typeof(InputException).Assembly.GetReferencedAssemblies(), name => name.Name is "TorchSharp" or "Graft");
}
