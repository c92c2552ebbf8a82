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
        ["Graphs"] = ["Torch"], // only the names of activations
        ["Layers"] = ["Torch", "Graphs"],
        ["Backbones"] = ["Torch", "Graphs", "Layers", "Checkpoints"],
        ["Heads"] = ["Torch", "Graphs", "Layers", "Backbones"],
        ["Pretrained"] = ["Torch", "Layers", "Backbones", "Heads", "Checkpoints", "Tuning"],
        ["Training"] = ["Torch", "Checkpoints", "Reports"],
        ["Objectives"] = ["Torch", "Layers", "Backbones", "Heads", "Pretrained", "Training"],
        ["Tuning"] = ["Torch", "Layers", "Backbones", "Heads", "Checkpoints"],
        ["Corpus"] = ["Data", "Checkpoints", "Objectives"],
        ["Tasks"] = ["Torch", "Layers", "Backbones", "Heads", "Pretrained", "Training", "Tuning", "Data", "Evaluation", "Reports", "Checkpoints", "Generation"],
        ["Generation"] = ["Torch", "Layers", "Backbones", "Heads", "Pretrained"],
        ["Inference"] = ["Torch", "Layers", "Backbones", "Heads", "Pretrained", "Tasks", "Tuning", "Data", "Evaluation", "Generation"],
        ["Pretraining"] = ["Torch", "Backbones", "Heads", "Pretrained", "Training", "Objectives", "Corpus", "Data", "Evaluation", "Checkpoints", "Layers"],
        ["Export"] = ["Torch", "Graphs", "Layers", "Backbones", "Heads", "Pretrained", "Tasks", "Inference", "Data", "Evaluation", "Checkpoints"],
        ["Parity"] = ["Torch", "Layers", "Backbones", "Heads", "Pretrained", "Training", "Objectives", "Checkpoints", "Tuning", "Generation"],
        ["Benchmarks"] = ["Torch", "Layers", "Backbones", "Heads", "Pretrained", "Training", "Tasks", "Data", "Inference", "Generation", "Objectives", "Pretraining"],
        ["Demonstrations"] = ["Torch", "Training", "Tasks", "Tuning", "Pretrained", "Backbones", "Layers", "Data", "Inference", "Evaluation", "Reports"], // fixed vectors are read off the backbone itself
    };

    /// <summary>The floors of the engine (<c>Torch/</c>), from the ground up; its own files are words that every floor and every layer use.</summary>
    private static readonly Dictionary<string, string[]> s_floors = new(StringComparer.Ordinal)
    {
        ["Native"] = [],
        ["Compute"] = ["Native"],
        ["Dropout"] = [],
        ["Kernels"] = ["Native", "Compute", "Dropout"],
        ["Products"] = ["Native", "Compute", "Kernels"],
        ["Autograd"] = ["Native", "Compute", "Dropout", "Kernels", "Products"],
        ["Operations"] = ["Native", "Dropout", "Kernels", "Autograd"],
        ["Optimizers"] = ["Native", "Compute", "Kernels", "Products"],
        ["Measurement"] = ["Native", "Compute", "Products"],
    };

    [GeneratedRegex(@"\bGraft\.Torch\.(?<folder>[A-Z]\w+)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FloorReference();

    [Fact]
    public void EveryFloorOfTheEngineUsesOnlyTheFloorsBelowIt()
    {
        string engine = Path.Combine(TestData.Root, "src", "Graft", "Torch");
        string[] floors = [.. Directory.GetDirectories(engine).Select(folder => Path.GetFileName(folder))];
        Assert.Equal(s_floors.Keys.Order(), floors.Order());
        List<string> violations = [];
        foreach (string file in Directory.EnumerateFiles(engine, "*.cs", SearchOption.AllDirectories))
        {
            string floor = Path.GetFileName(Path.GetDirectoryName(file)!);
            string[] allowed = s_floors.GetValueOrDefault(floor, []);
            IEnumerable<string> used = FloorReference().Matches(File.ReadAllText(file)).Select(match => match.Groups["folder"].Value).Distinct();
            violations.AddRange(used.Where(name => name != floor && !allowed.Contains(name)).Select(name => $"{Path.GetRelativePath(engine, file)} uses {name}"));
        }

        Assert.True(violations.Count == 0, string.Join('\n', violations));
    }

    [GeneratedRegex(@"\bGraft\.(?<folder>[A-Z]\w+)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Reference();

    [Fact]
    public void EveryFolderUsesOnlyTheFoldersBelowIt()
    {
        (string Name, string Path)[] rooms = [.. Rooms()];
        string[] folders = [.. rooms.Select(room => room.Name).Distinct()];
        List<string> violations = [.. folders.Where(folder => !s_allowed.ContainsKey(folder)).Select(folder => $"{folder} has no place in the order of dependencies")];
        foreach ((string folder, string place) in rooms.Where(room => s_allowed.ContainsKey(room.Name)))
        {
            foreach (string file in Directory.EnumerateFiles(place, "*.cs", SearchOption.AllDirectories))
            {
                IEnumerable<string> used = Reference().Matches(File.ReadAllText(file)).Select(match => match.Groups["folder"].Value).Distinct();
                foreach (string name in used.Where(name => name != folder && folders.Contains(name) && !s_allowed[folder].Contains(name)))
                    violations.Add($"{Path.GetRelativePath(TestData.Root, file)} uses {name}");
            }
        }

        Assert.True(violations.Count == 0, string.Join('\n', violations));
    }

    /// <summary>The folders of both assemblies; one of the same name in each is one namespace.</summary>
    private static IEnumerable<(string Name, string Path)> Rooms() => new[] { "Graft.Core", "Graft" }
        .SelectMany(assembly => Directory.GetDirectories(Path.Combine(TestData.Root, "src", assembly)))
        .Select(folder => (Path.GetFileName(folder), folder))
        .Where(room => room.Item1 is not ("bin" or "obj"));

    [Fact]
    public void TheCoreNeverLoadsTorch() =>
        Assert.DoesNotContain(typeof(Graft.Data.BadRow).Assembly.GetReferencedAssemblies(), name => name.Name is "TorchSharp" or "Graft");

    [Fact]
    public void TheTokenizersStandAlone() =>
        Assert.DoesNotContain(typeof(InputException).Assembly.GetReferencedAssemblies(), name => name.Name is "TorchSharp" or "Graft" or "Graft.Core");
}
