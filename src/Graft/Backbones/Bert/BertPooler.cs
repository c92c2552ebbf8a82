using Graft.Graphs;
using Graft.Layers;
using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.Bert;

/// <summary>One vector a sequence, for judgements of the whole text: tanh(W·h + b) of its first token, [CLS].</summary>
/// <param name="dense">The matrix, which the backbone registers under its family's name.</param>
internal sealed class BertPooler(Projection dense)
{
    /// <summary>First tokens [B, D] → [B, D].</summary>
    public Tensor Forward(Tensor first, LayerContext context) => dense.Forward(first, context, Activation.Tanh);

    /// <summary>The same as a graph.</summary>
    public Value Draw(GraphContext graph, Value first) => dense.Draw(graph, first, Activation.Tanh);
}
