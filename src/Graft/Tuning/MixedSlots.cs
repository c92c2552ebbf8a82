using Graft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tuning;

// What fills a slot when several adapters share it: each works on the rows of the batch that ask for it, and null leaves its rows alone.

/// <summary>Several adapters on one projection.</summary>
internal sealed class MixedProjection(IReadOnlyList<IProjectionTuning?> adapters) : IProjectionTuning
{
    public Tensor Input(Tensor x, LayerContext context) =>
        context.Adapters!.Map(x, (adapter, rows) => Of(adapter)?.Input(rows, context) ?? rows);

    public Tensor Output(Tensor x, Tensor y, LayerContext context) =>
        context.Adapters!.Map(x, y, (adapter, input, output) => Of(adapter)?.Output(input, output, context) ?? output);

    private IProjectionTuning? Of(int adapter) => adapter < 0 ? null : adapters[adapter];
}

/// <summary>Several adapters at one end of a block.</summary>
internal sealed class MixedAddNorm(IReadOnlyList<IAddNormTuning?> adapters) : IAddNormTuning
{
    public Tensor Apply(Tensor output, Tensor residual, Norm? norm, LayerContext context) =>
        context.Adapters!.Map(output, residual, (adapter, own, before) =>
        {
            if ((adapter < 0 ? null : adapters[adapter]) is IAddNormTuning tuning)
                return tuning.Apply(own, before, norm, context);
            return norm is null ? own + before : norm.Forward(own + before);
        });
}

/// <summary>Several prefixes of one length before one attention.</summary>
internal sealed class MixedPrefix(IReadOnlyList<IAttentionTuning?> adapters) : IAttentionTuning
{
    public int Length { get; } = adapters.OfType<IAttentionTuning>().First().Length;

    public (Tensor Key, Tensor Value) KeysAndValues(LayerContext context)
    {
        (Tensor Key, Tensor Value)[] runs = [.. context.Adapters!.Runs.Select(run =>
        {
            (Tensor key, Tensor value) = adapters[run.Adapter]!.KeysAndValues(context); // [1, H, P, N]
            long[] shape = [run.End - run.First, .. key.shape[1..]];
            return (key.expand(shape), value.expand(shape));
        })];
        return (cat([.. runs.Select(run => run.Key)], 0), cat([.. runs.Select(run => run.Value)], 0));
    }
}

/// <summary>Several prompts of one length before the text.</summary>
internal sealed class MixedPrompt(IReadOnlyList<IEmbeddingsTuning?> adapters) : IEmbeddingsTuning
{
    public int Length { get; } = adapters.OfType<IEmbeddingsTuning>().First().Length;

    public Tensor Vectors(EncoderInput input) => cat([.. input.AdapterRows!.Select(adapter => adapters[adapter]!.Vectors(input))], 0);
}

/// <summary>
/// A projection that an adapter keeps whole (a pooler that the base checkpoint lacks), so that the shared one stays as it is.
/// </summary>
internal sealed class OwnProjection : Layer, IProjectionTuning
{
    private readonly Projection _own;

    public OwnProjection(Projection shared)
    {
        _own = new Projection(shared.Inputs, shared.Outputs, Init.Zeros, shared.Bias is not null, shared.IsTransposed);
        register_module("own", _own);
        using IDisposable noGradient = no_grad();
        _own.Weight.copy_(shared.Weight);
        if (shared.Bias is not null) _own.Bias!.copy_(shared.Bias);
    }

    /// <summary>The adapter's own values of the shared projection's parameter ("weight" or "bias").</summary>
    public DeclaredParameter Parameter(string name) => _own.Declared().First(parameter => parameter.Name == name);

    /// <summary>What else the adapter put on the projection.</summary>
    public IProjectionTuning? Inner { get; set; }

    public Tensor Input(Tensor x, LayerContext context) => x;

    public Tensor Output(Tensor x, Tensor y, LayerContext context)
    {
        _own.Tuning = Inner;
        return _own.Forward(x, context);
    }
}
