using Graft.Backbones;
using Graft.Layers;
using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Heads;

/// <summary>dense → activation → norm, as a recipe names them; the parts are registered in the head that owns it.</summary>
internal sealed partial class Transform
{
    private readonly Projection _dense;
    private readonly Norm? _norm;
    private readonly Activation _activation;

    public Transform(TransformRecipe recipe, ModelConfig config, Layer owner)
    {
        Init init = new(recipe.Deviation ?? config.InitializerRange, Cutoff: config.InitializerCutoff);
        _dense = owner.Add(recipe.Dense, new Projection(config.HiddenSize, recipe.Width, init, recipe.Bias));
        _norm = recipe.Norm is null ? null : owner.Add(recipe.Norm, new Norm(recipe.Width, recipe.Eps, recipe.NormBias));
        _activation = recipe.Activation;
    }

    /// <summary>[…, D] → […, width].</summary>
    public Tensor Forward(Tensor x, LayerContext context)
    {
        Tensor between = _dense.Forward(x, context, _activation);
        return _norm is null ? between : _norm.Forward(between);
    }
}
