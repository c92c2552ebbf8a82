using System.Text.RegularExpressions;

namespace Graft.Tests;

/// <summary>
/// Dependencies point one way: inside the libraries each folder uses the folders listed for it here, all of them, and no other.
/// </summary>
public sealed partial class DependencyTests
{
    /// <summary>
    /// From the lowest to the highest, the order in which docs/ARCHITECTURE.md draws them. A folder that is missing here fails the test:
    /// decide where it stands, and write it down. An arrow that is not used any more fails it too.
    /// </summary>
    private static readonly (string Assembly, string Folder, string[] Uses)[] s_order =
    [
        ("Graft.Core", "Checkpoints", []),
        ("Graft.Core", "Backbones", []),
        ("Graft.Core", "Heads", []),
        ("Graft.Core", "Generation", []),
        ("Graft.Core", "Data", []),
        ("Graft.Core", "Evaluation", ["Data"]),
        ("Graft.Core", "Reports", ["Data", "Evaluation"]),
        ("Graft.Core", "Tasks", ["Backbones", "Generation", "Data", "Evaluation", "Reports"]),
        ("Graft.Core", "Runs", ["Checkpoints", "Backbones", "Heads", "Generation", "Data", "Evaluation", "Reports", "Tasks"]),
        ("Graft.Core", "Inference", ["Checkpoints", "Backbones", "Heads", "Generation", "Data", "Evaluation", "Tasks", "Runs"]),
        ("Graft.Core", "Labelling", ["Data", "Evaluation"]),
        ("Graft", "Torch", []),
        ("Graft", "Graphs", ["Torch"]), // only the names of activations
        ("Graft", "Layers", ["Torch", "Graphs"]),
        ("Graft", "Backbones", ["Torch", "Graphs", "Layers"]),
        ("Graft", "Heads", ["Torch", "Graphs", "Layers", "Backbones"]),
        ("Graft", "Tuning", ["Checkpoints", "Torch", "Layers", "Backbones", "Heads"]),
        ("Graft", "Pretrained", ["Checkpoints", "Torch", "Layers", "Backbones", "Heads", "Tuning"]),
        ("Graft", "Distributed", ["Torch"]),
        ("Graft", "Training", ["Checkpoints", "Reports", "Runs", "Torch", "Distributed"]),
        ("Graft", "Generation", ["Torch", "Layers", "Backbones", "Heads", "Pretrained"]),
        ("Graft", "Objectives", []),
        ("Graft", "Corpus", ["Checkpoints", "Data", "Distributed", "Objectives"]),
        (
            "Graft",
            "Pretraining",
            [
                "Checkpoints",
                "Evaluation",
                "Runs",
                "Torch",
                "Layers",
                "Backbones",
                "Heads",
                "Pretrained",
                "Distributed",
                "Training",
                "Objectives",
                "Corpus",
            ]
        ),
        (
            "Graft",
            "FineTuning",
            [
                "Checkpoints",
                "Data",
                "Evaluation",
                "Reports",
                "Tasks",
                "Runs",
                "Torch",
                "Layers",
                "Backbones",
                "Heads",
                "Tuning",
                "Pretrained",
                "Distributed",
                "Training",
                "Generation",
                "Corpus",
            ]
        ),
        (
            "Graft",
            "Inference",
            [
                "Data",
                "Reports",
                "Tasks",
                "Runs",
                "Torch",
                "Layers",
                "Backbones",
                "Heads",
                "Tuning",
                "Pretrained",
                "Training",
                "Generation",
            ]
        ),
        ("Graft", "StaticModels", ["Backbones", "Heads", "Data", "Evaluation", "Tasks", "Runs", "Inference"]),
        (
            "Graft",
            "Auto",
            ["Data", "Evaluation", "Reports", "Tasks", "Runs", "Inference", "Torch", "Backbones", "Tuning", "Pretrained", "Training"]
        ),
        ("Graft", "Export", ["Tasks", "Runs", "Graphs", "Layers", "Backbones", "Heads", "Pretrained", "Inference"]),
        (
            "Graft",
            "Parity",
            ["Checkpoints", "Torch", "Layers", "Backbones", "Heads", "Tuning", "Pretrained", "Training", "Generation", "Objectives"]
        ),
        (
            "Graft",
            "Benchmarks",
            ["Data", "Tasks", "Torch", "Layers", "Backbones", "Heads", "Pretrained", "Training", "Generation", "Objectives", "Pretraining"]
        ),
        (
            "Graft",
            "Demonstrations",
            ["Data", "Evaluation", "Reports", "Tasks", "Runs", "Torch", "Layers", "Backbones", "Pretrained", "Training", "Inference"]
        ), // fixed vectors are read off the backbone itself
    ];

    /// <summary>
    /// The floors of the engine (<c>Torch/</c>), from the ground up; its own files are words that every floor and every layer use.
    /// </summary>
    private static readonly Dictionary<string, string[]> s_floors = new(StringComparer.Ordinal)
    {
        ["Native"] = [],
        ["Compute"] = ["Native"],
        ["Dropout"] = [],
        ["Kernels"] = ["Native", "Compute", "Dropout"],
        ["Products"] = ["Native", "Compute", "Kernels"],
        ["Autograd"] = ["Native", "Compute", "Dropout", "Kernels", "Products"],
        ["Operations"] = ["Native", "Compute", "Dropout", "Kernels", "Products", "Autograd"],
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
            IEnumerable<string> used = FloorReference()
                .Matches(File.ReadAllText(file))
                .Select(match => match.Groups["folder"].Value)
                .Distinct();
            violations.AddRange(
                used.Where(name => name != floor && !allowed.Contains(name))
                    .Select(name => $"{Path.GetRelativePath(engine, file)} uses {name}")
            );
        }

        Assert.True(violations.Count == 0, string.Join('\n', violations));
    }

    [GeneratedRegex(@"\bGraft\.(?<name>[A-Z]\w+)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Reference();

    [GeneratedRegex("^ *(?<name>[A-Z][A-Za-z]+)/ ", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DrawnFolder();

    [Fact]
    public void EveryFolderUsesTheFoldersListedForItAndNoOther()
    {
        HashSet<string> namespaces = [.. s_order.Select(row => row.Folder)];
        List<string> violations = [];
        foreach ((string assembly, string folder) in Folders().Where(folder => !s_order.Any(row => (row.Assembly, row.Folder) == folder)))
            violations.Add($"{assembly}/{folder} has no place in the order of dependencies");
        foreach ((string assembly, string folder, string[] uses) in s_order)
        {
            HashSet<string> used = [];
            foreach (
                string file in Directory.EnumerateFiles(
                    Path.Combine(TestData.Root, "src", assembly, folder),
                    "*.cs",
                    SearchOption.AllDirectories
                )
            )
            {
                string[] names =
                [
                    .. Reference()
                        .Matches(File.ReadAllText(file))
                        .Select(match => match.Groups["name"].Value)
                        .Where(name => name != folder && namespaces.Contains(name))
                        .Distinct(),
                ];
                used.UnionWith(names);
                foreach (string name in names.Except(uses)) violations.Add($"{Path.GetRelativePath(TestData.Root, file)} uses {name}");
            }

            foreach (string name in uses.Except(used)) violations.Add($"{assembly}/{folder} does not use {name}: strike it from the list");
        }

        Assert.True(violations.Count == 0, string.Join('\n', violations));
    }

    [Fact]
    public void NoFolderUsesOneAboveIt()
    {
        for (int i = 0; i < s_order.Length; i++)
        {
            (string assembly, string folder, string[] uses) = s_order[i];
            foreach (string name in uses)
                Assert.True(s_order[..i].Any(row => row.Folder == name), $"{assembly}/{folder} uses {name}, which stands above it");
        }
    }

    [Fact]
    public void TheArchitectureDocumentDrawsTheSameOrder()
    {
        string text = File.ReadAllText(Path.Combine(TestData.Root, "docs", "ARCHITECTURE.md"));
        int start = text.IndexOf("```", text.IndexOf("## The libraries' folders", StringComparison.Ordinal), StringComparison.Ordinal) + 3;
        string drawing = text[start..text.IndexOf("```", start, StringComparison.Ordinal)];
        Assert.Equal(s_order.Select(row => row.Folder), DrawnFolder().Matches(drawing).Select(match => match.Groups["name"].Value));
    }

    [Fact]
    public void TheCoreNeverLoadsTorch() =>
        Assert.DoesNotContain(typeof(Graft.Data.BadRow).Assembly.GetReferencedAssemblies(), name => name.Name is "TorchSharp" or "Graft");

    [Fact]
    public void TheTokenizersStandAlone() =>
        Assert.DoesNotContain(typeof(InputException).Assembly.GetReferencedAssemblies(), name =>
            name.Name is "TorchSharp" or "Graft" or "Graft.Core"
        );

    private static IEnumerable<(string Assembly, string Folder)> Folders() =>
        new[] { "Graft.Core", "Graft" }
            .SelectMany(assembly =>
                Directory
                    .GetDirectories(Path.Combine(TestData.Root, "src", assembly))
                    .Select(folder => (assembly, Path.GetFileName(folder)))
            )
            .Where(folder => folder.Item2 is not ("bin" or "obj"));
}
