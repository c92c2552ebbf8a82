using Graft.Torch.Dropout;
using Graft.Torch.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>The end of a block: its dropped output joins the residual, normalised in post-norm families. The second tuning slot.</summary>
/// <param name="norm">Applied to the sum; null in pre-norm families.</param>
/// <param name="dropout">The share of the output that is dropped.</param>
/// <param name="site">The dropout's number.</param>
internal sealed partial class AddNorm(Norm? norm, double dropout, int site)
{
    /// <summary>Applied to the sum; null in pre-norm families.</summary>
    public Norm? Norm => norm;

    /// <summary>The slot.</summary>
    public IAddNormTuning? Tuning { get; set; }

    /// <summary>norm(residual + dropout(output)), both […, D].</summary>
    public Tensor Forward(Tensor output, Tensor residual, LayerContext context)
    {
        DropoutSite here = context.Site(site);
        if (Tuning is not null) return Tuning.Apply(Ops.Dropout(output, dropout, here), residual, norm, context);
        return norm is null
            ? Ops.DropoutAdd(output, residual, dropout, here)
            : Ops.DropoutAddLayerNorm(output, residual, norm.Weight, norm.Bias, norm.Eps, dropout, here);
    }
}
