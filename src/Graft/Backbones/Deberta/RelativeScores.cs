using Graft.Graphs;
using Graft.Layers;
using Graft.Torch.Dropout;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Backbones.Deberta;

/// <summary>
/// Products of words with distances, as DeBERTa's scores need them. Legend: B batch, T tokens, H heads, N size per head, S distances on
/// each side.
/// </summary>
internal static class RelativeScores
{
    /// <summary>Scaled products of content with every distance, and of those each pair's own: [B, H, T, T].</summary>
    /// <param name="attention">Splits heads.</param>
    /// <param name="content">[B, T, D].</param>
    /// <param name="positions">[2S, D].</param>
    /// <param name="scale">What products are multiplied by.</param>
    /// <param name="index">[T, T], which of 2S.</param>
    public static Tensor Of(AttentionCore attention, Tensor content, Tensor positions, double scale, Tensor index)
    {
        Tensor heads = attention.SplitHeads(content); // [B, H, T, N]
        (long batch, long count, long tokens, long size) = (heads.shape[0], heads.shape[1], heads.shape[2], heads.shape[3]);
        Tensor rows = positions.view(-1, count, size).permute(1, 2, 0); // [H, N, 2S]
        Tensor products = bmm(heads.transpose(0, 1).reshape(count, batch * tokens, size) * scale, rows) // [H, B·T, 2S]
            .view(count, batch, tokens, -1).transpose(0, 1);
        return products.gather(-1, index.view(1, 1, tokens, tokens).expand(batch, count, tokens, tokens));
    }

    /// <summary>
    /// The same as a graph: content · positionsᵀ of each head, and of each pair the entry that the index names, [B, H, T, T].
    /// </summary>
    public static Value Draw(GraphContext graph, AttentionCore attention, Value content, Value positions, double scale, Value index)
    {
        GraphBuilder g = graph.Builder;
        int heads = attention.Heads, size = attention.Width / heads;
        Value rows = g.Transpose(g.Reshape(positions, -1, heads, size), 1, 2, 0); // [H, N, 2S]
        Value products = g.MatMul(g.Mul(attention.DrawHeads(g, content), g.Number(scale)), rows); // [B, H, T, 2S]
        Value shape = g.Op("Concat", [g.SizeOf(content, 0), g.Integers(heads), graph.Tokens, graph.Tokens], ("axis", 0L));
        return g.Op("GatherElements", [products, g.Op("Expand", [index, shape])], ("axis", -1L));
    }

    /// <summary>The table has no rows of the batch to drop by: it is dropped as a sequence of its own.</summary>
    /// <param name="distances">[2S, D].</param>
    /// <param name="rate">The share that is dropped.</param>
    /// <param name="site">The dropout's number.</param>
    /// <param name="context">Dropout.</param>
    public static Tensor Dropped(Tensor distances, double rate, int site, LayerContext context)
    {
        if (context.Dropout is null) return distances;
        DropoutPlan plan = DropoutPlan.Packed(context.Dropout.Seed, [0], [(int)distances.shape[0]]);
        return Ops.Dropout(distances, rate, plan.Site(site));
    }
}
