using Graft.Torch.Dropout;
using Graft.Torch.Kernels;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Autograd;

/// <summary>Attention by <see cref="AttentionKernel"/>, with its gradients.</summary>
internal sealed unsafe class AttentionNode : GradientNode
{
    private readonly AttentionGeometry _geometry;
    private readonly Tensor _q, _k, _v, _output, _statistics;
    private readonly Tensor? _mask, _bias;
    private readonly float _scale;
    private readonly RowDropout? _dropout;

    private AttentionNode(
        AttentionGeometry geometry,
        Tensor q,
        Tensor k,
        Tensor v,
        Tensor? mask,
        Tensor? bias,
        Tensor output,
        Tensor statistics,
        float scale,
        RowDropout? dropout
    )
    {
        _geometry = geometry;
        (_q, _k, _v, _output, _statistics) = (Keep(q), Keep(k), Keep(v), Keep(output), Keep(statistics));
        _mask = mask is null ? null : Keep(mask);
        _bias = bias is null ? null : Keep(bias);
        _scale = scale;
        _dropout = dropout;
    }

    /// <summary>The operation; recorded where an input wants a gradient.</summary>
    /// <param name="q">[B, H, T, N] or [tokens, H, N].</param>
    /// <param name="k">The keys.</param>
    /// <param name="v">The values.</param>
    /// <param name="layout">Which tokens attend to which.</param>
    /// <param name="scale">The scale of the products.</param>
    /// <param name="bias">Four dimensions, or null.</param>
    /// <param name="probability">The probability of dropout.</param>
    /// <param name="site">The site of dropout.</param>
    public static Tensor Run(
        Tensor q,
        Tensor k,
        Tensor v,
        AttentionLayout layout,
        double scale,
        Tensor? bias,
        double probability,
        DropoutSite site
    )
    {
        bool recorded = IsNeeded(q, k, v, bias);
        AttentionGeometry geometry = new(q, k, v, layout);
        RowDropout? dropout = RowDropout.Of(probability, site, geometry.Rows);
        using IDisposable noGradient = no_grad();
        using Tensor? queryCopy = HeadView.ReadableCopy(q), keyCopy = HeadView.ReadableCopy(k), valueCopy = HeadView.ReadableCopy(v);
        Tensor queries = queryCopy ?? q, keys = keyCopy ?? k, values = valueCopy ?? v;
        using Tensor? statistics = recorded ? empty(geometry.Rows * geometry.Heads * 2) : null;
        using Tensor? mask = layout.Mask?.contiguous(), added = bias?.contiguous();
        Tensor output = LikeProjection(q);
        Kernel(geometry, queries, keys, values, mask, added, statistics, (float)scale, dropout)
            .Forward(new HeadView(output, geometry.IsPacked));
        if (!recorded)
            return output;
        AttentionNode node = new(geometry, queries, keys, values, mask, added, output, statistics!, (float)scale, dropout);
        return bias is null ? node.Record(output, q, k, v) : node.Record(output, q, k, v, bias);
    }

    /// <inheritdoc/>
    protected override Tensor?[] Backward(Tensor gradient)
    {
        bool packed = _geometry.IsPacked;
        using Tensor? copy = HeadView.ReadableCopy(gradient);
        Tensor upstream = copy ?? gradient;
        Tensor dq = LikeProjection(_q), dk = LikeProjection(_k).zero_(), dv = LikeProjection(_v).zero_();
        Tensor? biasGradient = _bias is not null && Needs(3) ? zeros_like(_bias) : null;
        AttentionKernel kernel = Kernel(_geometry, _q, _k, _v, _mask, _bias, _statistics, _scale, _dropout);
        kernel.Backward(
            new HeadView(upstream, packed),
            new HeadView(_output, packed),
            new HeadView(dq, packed),
            new HeadView(dk, packed),
            new HeadView(dv, packed),
            biasGradient is null ? default : new ScoreView(biasGradient)
        );
        return _bias is null ? [dq, dk, dv] : [dq, dk, dv, biasGradient];
    }

    /// <summary>Heads beside each other within a token, as projections want their inputs and gradients: joining them is a view.</summary>
    private static Tensor LikeProjection(Tensor like)
    {
        if (like.dim() == 3) return empty(like.shape);
        using Tensor storage = empty(like.size(0), like.size(2), like.size(1), like.size(3));
        return storage.transpose(1, 2);
    }

    private static AttentionKernel Kernel(
        AttentionGeometry geometry,
        Tensor q,
        Tensor k,
        Tensor v,
        Tensor? mask,
        Tensor? bias,
        Tensor? statistics,
        float scale,
        RowDropout? dropout
    ) =>
        new(geometry, scale, dropout)
        {
            Q = new HeadView(q, geometry.IsPacked),
            K = new HeadView(k, geometry.IsPacked),
            V = new HeadView(v, geometry.IsPacked),
            Mask = mask is null ? default : new ScoreView(mask),
            Bias = bias is null ? default : new ScoreView(bias),
            Statistics = statistics is null ? null : Dispatcher.Data(statistics),
        };
}
