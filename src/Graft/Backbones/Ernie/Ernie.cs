using Graft.Backbones.Bert;
using Graft.Graphs;
using Graft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.Ernie;

/// <summary>
/// ERNIE (Sun et al. 2020, ERNIE 2.0, §3.2): BERT's encoder, pre-trained on many tasks in turn. What differs: where use_task_id says so,
/// the vector of a task is added to each token's.
/// </summary>
internal sealed class Ernie(ErnieConfig config, bool pooler) : BertEncoder(config, pooler, new ErnieEmbeddings(config));

/// <summary>Drop(LN(word + position + segment + task)).</summary>
internal sealed class ErnieEmbeddings : BertEmbeddings
{
    private readonly EmbeddingTable? _tasks;

    public ErnieEmbeddings(ErnieConfig config)
        : base(config)
    {
        if (config.Tasks > 0)
            _tasks = Add("task_type_embeddings", new EmbeddingTable("task", config.Tasks, config.EmbeddingSize, config.InitializerRange));
    }

    /// <summary>A graph has no input of tasks: all are task 0.</summary>
    private protected override Value? DrawMore(GraphContext graph) => _tasks is null
        ? null
        : graph.Builder.Gather(graph.Weight(_tasks.Weight), graph.Builder.Integers(0)); // [1, E]

    private protected override Tensor Sum(EncoderInput input, long positionOffset)
    {
        Tensor sum = base.Sum(input, positionOffset);
        return _tasks is null ? sum : sum + (input.TaskTypeIds is null ? _tasks.Weight.select(0, 0) : _tasks.Forward(input.TaskTypeIds));
    }
}
