using Graft.Graphs;
using Graft.Layers;
using Onnx;

namespace Graft.Backbones.Bert;

internal partial class BertEmbeddings
{
    /// <summary>Whether the graph's input has segments: one kind of segment is no input.</summary>
    public bool ReadsSegments => _types is { Rows: > 1 };

    /// <summary>LN(word + position + segment), [B, T, E].</summary>
    public Value Draw(GraphContext graph)
    {
        GraphBuilder g = graph.Builder;
        Value? more = DrawMore(graph);
        bool fuses = more is null && g is { IsFused: true, IsHalf: false } && _positions is not null && (_types is null || ReadsSegments) && !g.IsQuantized(Words.NameIn(graph));
        if (fuses) return DrawFused(graph, _positions!);
        Value sum = Words.Draw(graph, graph.InputIds);
        if (_types is not null) sum = g.Add(sum, ReadsSegments ? _types.DrawWide(graph, graph.TokenTypeIds!.Value) : graph.Weight(_types.Weight)); // [1, E] for one kind
        if (_positions is not null) sum = g.Add(sum, DrawPositions(graph, _positions));
        if (more is Value added) sum = g.Add(sum, added);
        return _norm.Draw(graph, sum);
    }

    /// <summary>What a family adds to the sum, [B or 1, T or 1, E]; null for nothing.</summary>
    private protected virtual Value? DrawMore(GraphContext graph) => null;

    private Value DrawPositions(GraphContext graph, EmbeddingTable table) => _config.PositionsFromPadding
        ? table.DrawWide(graph, graph.PositionsFromPadding(_config.PaddingRow!.Value))
        : graph.Builder.Slice(graph.Weight(table.Weight), graph.Builder.Integers(0), graph.Tokens, 0); // [T, E]

    /// <summary>One operator for all of it; it counts positions itself where they start at zero.</summary>
    private Value DrawFused(GraphContext graph, EmbeddingTable positions)
    {
        GraphBuilder g = graph.Builder;
        Value? places = _config.PositionsFromPadding ? g.Cast(graph.PositionsFromPadding(_config.PaddingRow!.Value), TensorProto.Types.DataType.Int32) : null;
        Value? segments = _types is null ? null : g.Cast(graph.TokenTypeIds!.Value, TensorProto.Types.DataType.Int32);
        Value ids = g.Cast(graph.InputIds, TensorProto.Types.DataType.Int32);
        Value?[] inputs =
            [ids, segments, graph.Weight(Words.Weight), graph.Weight(positions.Weight), graph.OptionalWeight(_types?.Weight), graph.Weight(_norm.Weight), graph.Weight(_norm.Bias!), null, places];
        return g.ContribOps("EmbedLayerNormalization", 2, inputs, ("epsilon", (float)_norm.Eps))[0];
    }
}
