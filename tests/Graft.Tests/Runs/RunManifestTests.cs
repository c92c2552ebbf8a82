using System.Text.Json.Nodes;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;

namespace Graft.Tests.Runs;

/// <summary>The record of a run: what was written once stays readable, and is written as it was.</summary>
public sealed class RunManifestTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-manifest-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void AManifestOfVersion01IsReadAndWrittenAsItWas()
    {
        string old = TestData.Fixture("runs", "version-0.1");
        RunManifest run = RunManifest.Read(old)!;
        Assert.Equal(("text-classification", "full", true), (run.Task, run.Strategy, run.IsFinished));
        Assert.Equal((3e-4, 16, null), (run.LearningRate!.Value.Value, run.BatchSize!.Value.Value, run.Epochs));
        Assert.Equal((360, "samples/reviews/train.tsv"), (run.Train!.Examples, run.Train.Path));
        Assert.Equal(["complaint", "praise"], run.Labels);
        run.Write(_folder);
        JsonObject before = JsonNode.Parse(File.ReadAllText(Path.Combine(old, "graft.json")))!.AsObject(),
            written = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "graft.json")))!.AsObject();
        Assert.Equal(before.Select(pair => pair.Key), written.Select(pair => pair.Key).Where(before.ContainsKey));
        foreach ((string key, JsonNode? value) in before) Assert.Equal(value?.ToJsonString(), written[key]?.ToJsonString());
    }

    [Fact]
    public void WhatAnOlderVersionDidNotWriteHasItsDefault()
    {
        Write("""{"task": "multi-label-classification", "max_length": 64, "decisions": {"threshold": 0.25}}""");
        RunManifest run = RunManifest.Read(_folder)!;
        Assert.Equal(new EncodingOptions { MaxLength = 64 }, run.Encoding);
        Assert.Equal((null, null, false), (run.Train, run.LearningRate, run.IsFinished));
        Assert.Equal(0.25, ((MultiLabelClassification)run.Bind(new MultiLabelClassification())).Threshold);
        Assert.Equal(new Decisions(), run.Bind(new TextClassification()).Decisions); // what was decided for another task is not its own
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"task": 3}""")]
    [InlineData("""{"task": "regression", "labels": "a"}""")]
    [InlineData("""{"task": "regression", "learning_rate": {"reason": "why not"}}""")]
    [InlineData("""{"task": "regression", "max_length": 1e12}""")]
    public void ADamagedManifestIsRefusedInOneLineThatNamesTheFile(string json)
    {
        Write(json);
        string message = Assert.Throws<InputException>(() => RunManifest.Read(_folder)).Message;
        Assert.Contains("graft.json is damaged", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void APretrainedModelIsNoFineTunedRun()
    {
        Write("""{"options": {"objective": "mlm"}}""");
        Assert.Null(RunManifest.Read(_folder));
        Assert.True(RunManifest.Exists(_folder));
    }

    [Fact]
    public void OneRuleSaysWhichFoldersMayBeReplaced()
    {
        Assert.Contains("exists already", Refused("other", overwrite: false), StringComparison.Ordinal);
        Assert.Contains("no run folder", Refused("other", overwrite: true), StringComparison.Ordinal);
        Assert.Contains("exists already", Refused("rate-1e-4/seed-42", overwrite: false), StringComparison.Ordinal);
        // The runs of a sweep are runs too.
        RunFolder.RequireFree(Path.Combine(_folder, "rate-1e-4/seed-42", ".."), resume: false, overwrite: true);
        RunFolder.RequireFree(Path.Combine(_folder, "nowhere"), resume: false, overwrite: false);
    }

    private string Refused(string name, bool overwrite)
    {
        string folder = Path.Combine(_folder, name);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, name == "other" ? "notes.txt" : "graft.json"), "{}");
        return Assert.Throws<InputException>(() => RunFolder.RequireFree(folder, resume: false, overwrite)).Message;
    }

    private void Write(string json) => File.WriteAllText(Path.Combine(_folder, "graft.json"), json);
}
