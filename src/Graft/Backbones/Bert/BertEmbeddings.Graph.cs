using Graft.Graphs;
using Graft.Layers;

namespace Graft.Backbones.Bert;

internal partial class BertEmbeddings
{
    /// <summary>Whether the graph's input has segments: one kind of segment is no input.</summary>
    public bool ReadsSegments => _types is { Rows: > 1 };

    /// <summary>
    /// LN(word + position + segment), [B, T, E]. In standard operators always: ONNX Runtime's EmbedLayerNormalization takes longer.
    /// </summary>
    public Value Draw(GraphContext graph)
    {
        GraphBuilder g = graph.Builder;
        Value sum = Words.Draw(graph, graph.InputIds);
        // [1, E] for one kind
        if (_types is not null)
            sum = g.Add(sum, ReadsSegments ? _types.DrawWide(graph, graph.TokenTypeIds!.Value) : graph.Weight(_types.Weight));
        if (_positions is not null)
            sum = g.Add(sum, DrawPositions(graph, _positions));
        if (DrawMore(graph) is Value more)
            sum = g.Add(sum, more);
        return _norm.Draw(graph, sum);
    }

    /// <summary>What a family adds to the sum, [B or 1, T or 1, E]; null for nothing.</summary>
    private protected virtual Value? DrawMore(GraphContext graph) => null;

    private Value DrawPositions(GraphContext graph, EmbeddingTable table) => _config.PositionsFromPadding
        ? table.DrawWide(graph, graph.PositionsFromPadding(_config.PaddingRow!.Value))
        : graph.Builder.Slice(graph.Weight(table.Weight), graph.Builder.Integers(0), graph.Tokens, 0); // [T, E]
}
