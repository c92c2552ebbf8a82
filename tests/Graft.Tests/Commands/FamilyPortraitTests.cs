using System.Text.Json.Nodes;
using Graft.Cli;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tests.Tasks;
using Graft.Torch.Compute;

namespace Graft.Tests.Commands;

/// <summary><c>graft export --all</c>: every form of a run, measured beside it.</summary>
[Collection(AloneCollection.Name)]
public sealed class FamilyPortraitTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    [Trait("Category", "Slow")]
    public async Task EveryFormIsMadeMeasuredAndJudged()
    {
        string run = FineTuning.Run(
            new FineTuningOptions
            {
                Model = _tiny.ModelFolder,
                Task = new TextClassification(),
                Train = _tiny.Reviews("train.tsv", 120),
                Evaluation = _tiny.Reviews("dev.tsv", 40, seed: 2),
                Output = _tiny.PathOf("run"),
                Epochs = 6,
                LearningRate = 3e-3,
                BatchSize = 32,
                Dropout = 0,
                Encoding = new EncodingOptions { MaxLength = 32 },
            }
        ).Folder;
        string output = _tiny.PathOf("family");
        Assert.Equal(0, await GraftCommandLine.RunAsync(["export", "--all", "--model", run, "--output", output]));
        JsonObject family = (JsonObject)JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(output, "family.json")))!;
        Assert.Equal(40, (int)family["count"]!);
        JsonObject[] members = [.. ((JsonArray)family["members"]!).Cast<JsonObject>()];
        Assert.Equal(["full", "int8", "onnx", "onnx-int8", "static"], members.Select(member => (string)member["name"]!));
        foreach (JsonObject member in members)
        {
            if ((string?)member["name"] == "int8" && !Int8.IsFast)
            {
                Assert.Contains("VNNI", (string)member["refused"]!, StringComparison.Ordinal);
                continue;
            }

            string[] figures = ["bytes", "texts_per_second_one_thread", "texts_per_second_all_threads", "milliseconds_one_text"];
            foreach (string key in figures)
                Assert.True((double)member[key]! > 0, $"{member["name"]}: {key}");
            Assert.NotEmpty((string)member["verdict"]!);
        }

        Assert.Null(members[0]["difference"]);
        Assert.Equal(0, (double)members[2]["difference"]!["value"]!, 1e-9); // the same model in another engine
        Assert.True((double)members[4]["texts_per_second_one_thread"]! > (double)members[0]["texts_per_second_one_thread"]!);
        Assert.NotEmpty((JsonArray)family["advice"]!);
        Assert.Contains("onnx-int8", await File.ReadAllTextAsync(Path.Combine(output, "report.html")), StringComparison.Ordinal);
        Assert.Equal(2, await GraftCommandLine.RunAsync(["export", "--all", "--model", _tiny.ModelFolder, "--output", output]));
        Assert.Equal(
            2,
            await GraftCommandLine.RunAsync(["export", "--all", "--model", run, "--precision", "int8", "--output", output])
        );
    }
}
