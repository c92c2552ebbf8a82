using Graft.Backbones;
using Graft.Graphs;
using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using Onnx;

namespace Graft.Export;

/// <summary>From a model to its ONNX graph: inputs, what backbone and head draw, outputs.</summary>
internal static class OnnxGraphs
{
    /// <summary>The file of a model.</summary>
    /// <param name="model">Without an adapter.</param>
    /// <param name="graph">Which operators.</param>
    /// <param name="precision">The precision; of 8 bits are the layers that <paramref name="keptWide"/> does not name.</param>
    /// <param name="keptWide">Layers that stay in floating point.</param>
    /// <param name="layers">The names of the layers that could compute in 8 bits, in the order of the graph.</param>
    /// <exception cref="InputException">The family, the head or an adapter has no ONNX form.</exception>
    public static ModelProto Draw(
        PretrainedModel model,
        OnnxGraph graph,
        OnnxPrecision precision,
        IReadOnlySet<string> keptWide,
        out IReadOnlyList<string> layers
    )
    {
        GraphBuilder g = new(graph, precision == OnnxPrecision.Fp16)
        {
            IsQuantized = name => precision == OnnxPrecision.Int8 && !keptWide.Contains(name),
        };
        bool areChoices = model.HeadKind == HeadKinds.MultipleChoice,
            readsSegments = model.Backbone.GraphReadsSegments;
        string[] axes = areChoices ? [GraphNames.Batch, GraphNames.Choices, GraphNames.Tokens] : [GraphNames.Batch, GraphNames.Tokens];
        Value ids = g.Input(GraphNames.InputIds, axes), mask = g.Input(GraphNames.AttentionMask, axes);
        Value? segments = readsSegments ? g.Input(GraphNames.TokenTypeIds, axes) : null;
        Value? choices = areChoices ? g.Op("Shape", [ids], ("start", 0L), ("end", 2L)) : null;
        if (areChoices)
        {
            Value flat = g.Op("Concat", [g.Integers(-1), g.SizeOf(ids, 2)], ("axis", 0L));
            (ids, mask) = (g.Op("Reshape", [ids, flat]), g.Op("Reshape", [mask, flat]));
            segments = segments is Value given ? g.Op("Reshape", [given, flat]) : null;
        }

        GraphContext context = new(g, model.Network.Declared(), ids, mask, segments)
        {
            Choices = choices,
            Width = model.Backbone.HiddenSize,
        };
        GraphStates states = model.Backbone.Draw(context);
        if (model.Head is not null)
        {
            model.Head.Draw(context, states);
        }
        else
        {
            g.Output(GraphNames.LastHiddenState, states.LastHiddenState, GraphNames.Batch, GraphNames.Tokens, $"{context.Width}");
            if (states.PoolerOutput is Value pooled) g.Output(GraphNames.PoolerOutput, pooled, GraphNames.Batch, $"{context.Width}");
        }

        layers = g.Linears;
        return g.Build([
            ("model_type", model.Config.ModelType),
            ("graph", graph.ToString().ToLowerInvariant()),
            ("precision", precision.ToString().ToLowerInvariant()),
        ]);
    }
}
