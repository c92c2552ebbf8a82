using Graft.Heads;
using Graft.Inference;
using Graft.Serving;
using Graft.Serving.Models;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tests.Tasks;
using Graft.Tuning;

namespace Graft.Tests.Serving;

/// <summary>Which folders share a base in memory, and which are opened each by itself.</summary>
public sealed class ModelLoaderTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void AdaptersOfOneBaseShareItAndClassifiersOnFrozenFeaturesStandAlone()
    {
        ModelSource[] sources =
        [
            Run("lora-a", new Lora()),
            Run("frozen-a", new HeadTuning { Features = new FeatureOptions() }),
            Run("lora-b", new Lora()),
            Run("frozen-b", new HeadTuning { Features = new FeatureOptions() }),
        ];
        IReadOnlyList<ModelSource[]> groups = ModelLoader.Groups(sources);
        Assert.Equal([["lora-a", "lora-b"], ["frozen-a"], ["frozen-b"]], groups.Select(group => group.Select(source => source.Name)));
        foreach (ServedModel model in groups.SelectMany(group => ModelLoader.Open(group, new ServingOptions()))) model.Dispose();
    }

    private ModelSource Run(string name, TuningStrategy strategy)
    {
        FineTuningOptions options = new()
        {
            Model = _tiny.ModelFolder,
            Task = new TextClassification(),
            Strategy = strategy,
            Train = _tiny.Reviews("train.tsv", 20),
            Epochs = strategy is HeadTuning ? null : 1,
            Output = _tiny.PathOf(name),
        };
        return new ModelSource(name, FineTuning.Run(options).Folder);
    }
}
