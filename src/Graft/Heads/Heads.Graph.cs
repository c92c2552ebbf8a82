using Graft.Backbones;
using Graft.Graphs;
using Graft.Layers;
using Graft.Torch;

namespace Graft.Heads;

// How heads draw themselves: from the backbone's states to the outputs of the file.

/// <summary>The names of a file's inputs, outputs and dimensions, as exporters of Hugging Face's models have them.</summary>
internal static class GraphNames
{
    public const string InputIds = "input_ids", AttentionMask = "attention_mask", TokenTypeIds = "token_type_ids";

    public const string Logits = "logits", StartLogits = "start_logits", EndLogits = "end_logits";

    public const string LastHiddenState = "last_hidden_state", PoolerOutput = "pooler_output", SentenceEmbedding = "sentence_embedding";

    public const string Batch = "batch_size", Choices = "num_choices", Tokens = "sequence_length";
}

/// <summary>Ways from token states to one vector a text, as a graph; all [B, T, D] → [B, D].</summary>
internal static class GraphPooling
{
    /// <summary>The mean over attended tokens.</summary>
    public static Value Mean(GraphContext graph, Value states)
    {
        GraphBuilder g = graph.Builder;
        Value mask = g.ToFloat(g.Unsqueeze(graph.AttentionMask, 1)); // [B, 1, T]
        Value count = g.Op("ReduceSum", [mask, g.Integers(2)], ("keepdims", 1L)); // [B, 1, 1]
        return g.Squeeze(g.Div(g.MatMul(mask, states), count), 1);
    }

    /// <summary>The greatest value of attended tokens in each dimension.</summary>
    public static Value Max(GraphContext graph, Value states)
    {
        GraphBuilder g = graph.Builder;
        Value isPadding = g.Op("Equal", [g.Unsqueeze(graph.AttentionMask, 2), g.Integers([0], [])]);
        return g.Op(
            "ReduceMax",
            [g.Where(isPadding, g.Number(Math.Max(g.Least, -1e9f)), states)],
            ("axes", new[] { 1L }),
            ("keepdims", 0L)
        );
    }

    /// <summary>The last attended token.</summary>
    public static Value Last(GraphContext graph, Value states)
    {
        GraphBuilder g = graph.Builder;
        Value places = g.Mul(g.Range(graph.Tokens), graph.AttentionMask); // [B, T]
        Value last = g.Op("ArgMax", [places], ("axis", 1L), ("keepdims", 1L)); // [B, 1]
        Value rows = g.Op("GatherND", [states, last], ("batch_dims", 1L));
        return rows;
    }

    /// <summary>The sum of attended tokens over the square root of their number.</summary>
    public static Value MeanSqrtLength(GraphContext graph, Value states)
    {
        GraphBuilder g = graph.Builder;
        Value mask = g.ToFloat(g.Unsqueeze(graph.AttentionMask, 1)); // [B, 1, T]
        Value root = g.Op("Sqrt", [g.Op("ReduceSum", [mask, g.Integers(2)], ("keepdims", 1L))]);
        return g.Squeeze(g.MatMul(g.Div(mask, root), states), 1);
    }

    /// <summary>The mean of attended tokens, the n-th column counted n times.</summary>
    public static Value WeightedMean(GraphContext graph, Value states)
    {
        GraphBuilder g = graph.Builder;
        Value places = g.Add(g.Range(graph.Tokens), g.Integers([1], [])); // [T]
        Value counts = g.ToFloat(g.Unsqueeze(g.Mul(places, graph.AttentionMask), 1)); // [B, 1, T]
        Value sum = g.Op("ReduceSum", [counts, g.Integers(2)], ("keepdims", 1L));
        return g.Squeeze(g.MatMul(g.Div(counts, sum), states), 1); // divided first: sums of a long text are too large for 16 bits
    }

    /// <summary>The vector of one way of pooling.</summary>
    public static Value Of(EmbeddingPooling pooling, GraphContext graph, Value states) => pooling switch
    {
        EmbeddingPooling.First => graph.First(states),
        EmbeddingPooling.Last => Last(graph, states),
        EmbeddingPooling.Max => Max(graph, states),
        EmbeddingPooling.Mean => Mean(graph, states),
        EmbeddingPooling.MeanSqrtLength => MeanSqrtLength(graph, states),
        EmbeddingPooling.WeightedMean => WeightedMean(graph, states),
        _ => throw new InputException($"pooling by {pooling} is not drawn as a graph"),
    };
}

public abstract partial class Head
{
    /// <summary>Draws the head on a backbone's states and names the graph's outputs.</summary>
    /// <exception cref="InputException">The head has no such graph.</exception>
    internal virtual void Draw(GraphContext graph, GraphStates states) =>
        throw new InputException(
            $"a {Kind} head has no ONNX form: classes, several labels, numbers, tags, answers, choices and embeddings have one; "
                + $"fine-tune the model first"
        );
}

internal sealed partial class Transform
{
    /// <summary>[…, D] → […, width].</summary>
    public Value Draw(GraphContext graph, Value x)
    {
        Value between = _dense.Draw(graph, x, _activation);
        return _norm is null ? between : _norm.Draw(graph, between);
    }
}

internal abstract partial class ClassificationHead
{
    /// <summary>The number of scores of a row.</summary>
    private protected long OutputCount => _output.Outputs;

    /// <summary>Scores of each pooled row, [B, outputs] or [B, T, outputs].</summary>
    private protected Value DrawScores(GraphContext graph, GraphStates states)
    {
        Value x = _recipe.Pooling switch
        {
            HeadPooling.None or HeadPooling.MeanOfScores => states.LastHiddenState,
            HeadPooling.Pooler => states.PoolerOutput!.Value,
            HeadPooling.First => graph.First(states.LastHiddenState),
            HeadPooling.Mean => GraphPooling.Mean(graph, states.LastHiddenState),
            _ => throw new InputException($"a head that looks at {_recipe.Pooling} has no ONNX form"),
        };
        Value scores = _output.Draw(graph, _transform?.Draw(graph, x) ?? x);
        return _recipe.Pooling == HeadPooling.MeanOfScores ? GraphPooling.Mean(graph, scores) : scores;
    }
}

internal sealed partial class SequenceHead
{
    internal override void Draw(GraphContext graph, GraphStates states) =>
        graph.Builder.Output(GraphNames.Logits, DrawScores(graph, states), GraphNames.Batch, $"{OutputCount}");
}

internal sealed partial class TokenHead
{
    internal override void Draw(GraphContext graph, GraphStates states) =>
        graph.Builder.Output(GraphNames.Logits, DrawScores(graph, states), GraphNames.Batch, GraphNames.Tokens, $"{OutputCount}");
}

internal sealed partial class SpanHead
{
    internal override void Draw(GraphContext graph, GraphStates states)
    {
        GraphBuilder g = graph.Builder;
        Value[] scores = g.Ops("Split", 2, [DrawScores(graph, states)], ("axis", -1L)); // [B, T, 1] each
        g.Output(GraphNames.StartLogits, g.Squeeze(scores[0], 2), GraphNames.Batch, GraphNames.Tokens);
        g.Output(GraphNames.EndLogits, g.Squeeze(scores[1], 2), GraphNames.Batch, GraphNames.Tokens);
    }
}

internal sealed partial class ReplacedTokensHead
{
    internal override void Draw(GraphContext graph, GraphStates states) =>
        graph.Builder.Output(GraphNames.Logits, graph.Builder.Squeeze(DrawScores(graph, states), 2), GraphNames.Batch, GraphNames.Tokens);
}

internal sealed partial class ChoiceHead
{
    /// <summary>One score a text; the file's inputs are [B, C, T], so its scores are [B, C].</summary>
    internal override void Draw(GraphContext graph, GraphStates states) =>
        graph.Builder.Output(
            GraphNames.Logits,
            graph.Builder.Op("Reshape", [DrawScores(graph, states), graph.Choices!.Value]),
            GraphNames.Batch,
            GraphNames.Choices
        );
}

internal sealed partial class EmbeddingHead
{
    internal override void Draw(GraphContext graph, GraphStates states)
    {
        Value vectors = DrawVectors(graph, states);
        graph.Builder.Output(GraphNames.LastHiddenState, states.LastHiddenState, GraphNames.Batch, GraphNames.Tokens, $"{graph.Width}");
        graph.Builder.Output(GraphNames.SentenceEmbedding, vectors, GraphNames.Batch, $"{WidthOn(graph.Width)}");
    }

    /// <summary>[B, T, D] → [B, width]: vectors of every way of pooling beside each other, then the steps.</summary>
    internal Value DrawVectors(GraphContext graph, GraphStates states)
    {
        GraphBuilder g = graph.Builder;
        Value[] ways = [.. Poolings.Select(pooling => GraphPooling.Of(pooling, graph, states.LastHiddenState))];
        Value vectors = ways.Length == 1 ? ways[0] : g.Op("Concat", [.. ways.Select(way => (Value?)way)], ("axis", -1L));
        for (int i = 0; i < Steps.Count; i++) vectors = Steps[i].Draw(g, $"sentence_embedding.{i}", vectors);
        return vectors;
    }
}

internal sealed partial class VectorClassifierHead
{
    internal override void Draw(GraphContext graph, GraphStates states) =>
        graph.Builder.Output(
            GraphNames.Logits,
            _output.Draw(graph, Vectors.DrawVectors(graph, states)),
            GraphNames.Batch,
            $"{_output.Outputs}"
        );
}

internal sealed partial class FeatureHead
{
    internal override void Draw(GraphContext graph, GraphStates states)
    {
        GraphBuilder g = graph.Builder;
        Value[] vectors =
        [
            .. Options.Layers.Select(layer =>
                GraphPooling.Of(Options.Pooling, graph, layer == -1 ? states.LastHiddenState : graph.HiddenStates[^-layer])
            ),
        ];
        Value joined = vectors.Length == 1 ? vectors[0] : g.Op("Concat", [.. vectors.Select(vector => (Value?)vector)], ("axis", -1L));
        g.Output(GraphNames.Logits, _output.Draw(graph, joined), GraphNames.Batch, $"{_output.Outputs}");
    }
}
