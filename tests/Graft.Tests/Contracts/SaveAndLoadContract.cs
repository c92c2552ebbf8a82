using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Pretrained;
using Graft.Tests.Checkpoints;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Contracts;

/// <summary>What is saved comes back bit for bit, and lies in the folder as the reference's libraries write it.</summary>
public sealed class SaveAndLoadContract
{
    /// <summary>Folders whose config.json is of a published or older form, or is no model that the reference's libraries save.</summary>
    private static readonly HashSet<string> s_otherForm = new(StringComparer.Ordinal) { "t5-v1-1-saved-by-5", "spanbert-sbo" };

    public static TheoryData<string, string> FamiliesAndHeads => TinyModels.FamiliesAndHeads;

    [Theory]
    [MemberData(nameof(FamiliesAndHeads))]
    public void ASavedModelReloadsToTheSameBits(string family, string head)
    {
        using DisposeScope scope = NewDisposeScope();
        using TemporaryFolder folder = new();
        using PretrainedModel saved = PretrainedModel.Create(TinyModels.Config(family).WithLabels(["a", "b", "c"]), head, 9);
        saved.Save(folder.Path);
        Assert.Contains($"- {family}\n", File.ReadAllText(Path.Combine(folder.Path, "README.md")), StringComparison.Ordinal);
        using PretrainedModel loaded = PretrainedModel.Load(folder.Path);
        Assert.Equal(head, loaded.HeadKind);
        Assert.Empty(loaded.Report.Missing);
        Assert.Empty(loaded.Report.Unexpected);
        Assert.Equal(saved.Parameters.Select(p => p.Name), loaded.Parameters.Select(p => p.Name));
        foreach (
            ((string name, TorchSharp.Modules.Parameter expected), (_, TorchSharp.Modules.Parameter actual)) in saved.Parameters.Zip(
                loaded.Parameters
            )
        )
            Assert.True(expected.Equals(actual), $"{name} differs");
        using TemporaryFolder again = new();
        loaded.Save(again.Path);
        Assert.Equal(File.ReadAllText(Path.Combine(folder.Path, "config.json")), File.ReadAllText(Path.Combine(again.Path, "config.json")));
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(folder.Path, "model.safetensors")),
            File.ReadAllBytes(Path.Combine(again.Path, "model.safetensors"))
        );
    }

    [Theory]
    [MemberData(nameof(FamiliesAndHeads))]
    public void TheSameSeedMakesTheSameModel(string family, string head)
    {
        using DisposeScope scope = NewDisposeScope();
        using PretrainedModel first = PretrainedModel.Create(TinyModels.Config(family), head, 9),
            second = PretrainedModel.Create(TinyModels.Config(family), head, 9);
        using PretrainedModel other = PretrainedModel.Create(TinyModels.Config(family), head, 10);
        Assert.All(first.Parameters.Zip(second.Parameters), pair =>
            Assert.True(pair.First.Value.Equals(pair.Second.Value), pair.First.Name)
        );
        Assert.Contains(first.Parameters.Zip(other.Parameters), pair => !pair.First.Value.Equals(pair.Second.Value));
    }

    [Fact]
    public void FoldersAreWrittenAsTheReferenceWritesThem()
    {
        string parity = TestData.Shared("parity");
        List<string> differences = [];
        foreach (
            string folder in Directory
                .GetDirectories(parity)
                .Where(folder => File.Exists(Path.Combine(folder, "config.json")) && File.Exists(Path.Combine(folder, "model.safetensors")))
        )
        {
            using DisposeScope scope = NewDisposeScope();
            using TemporaryFolder written = new();
            using (PretrainedModel model = PretrainedModel.Load(folder)) model.Save(written.Path);
            string name = Path.GetFileName(folder);
            Assert.True(
                File.ReadAllBytes(Path.Combine(folder, "model.safetensors"))
                    .SequenceEqual(File.ReadAllBytes(Path.Combine(written.Path, "model.safetensors"))),
                $"{name}: model.safetensors"
            );
            if (!s_otherForm.Contains(name))
                differences.AddRange(Differences(Config(folder), Config(written.Path)).Select(difference => $"{name}: {difference}"));
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    private static JsonObject Config(string folder) => JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!.AsObject();

    private static IEnumerable<string> Differences(JsonObject expected, JsonObject actual)
    {
        // ModernBERT is written with the keys of both versions, so that either reads it.
        string[] allowed = (string?)expected["model_type"] == "modernbert"
            ? ["global_attn_every_n_layers", "global_rope_theta", "local_rope_theta", "layer_types", "rope_parameters"]
            : [];
        foreach (string key in expected.Select(p => p.Key).Union(actual.Select(p => p.Key)).Where(key => key != "transformers_version"))
        {
            if (!actual.ContainsKey(key))
                yield return $"{key} is missing";
            else if (!expected.ContainsKey(key) && !allowed.Contains(key))
                yield return $"{key} is added";
            else if (expected.ContainsKey(key) && !JsonNode.DeepEquals(expected[key], actual[key]))
                yield return $"{key}: {actual[key]?.ToJsonString()} instead of {expected[key]?.ToJsonString()}";
        }
    }
}
