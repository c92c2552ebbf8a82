using Graft.Graphs;
using Graft.Torch.Native;
using Onnx;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>
/// What layers draw a graph with: the builder, the model's input, and the checkpoint's names of its parameters. Shapes are those of the
/// padded layout: legend B batch, T tokens, H heads, N size per head, D width.
/// </summary>
internal sealed class GraphContext
{
    private readonly Dictionary<object, string> _names;
    private Value? _mask, _keyMask, _tokens;

    /// <param name="builder">The graph.</param>
    /// <param name="parameters">The model's, with their names.</param>
    /// <param name="inputIds">int64 [B, T].</param>
    /// <param name="attentionMask">int64 [B, T]: 1 for tokens, 0 for padding.</param>
    /// <param name="tokenTypeIds">int64 [B, T]; null where the model has no segments.</param>
    public GraphContext(
        GraphBuilder builder,
        IEnumerable<DeclaredParameter> parameters,
        Value inputIds,
        Value attentionMask,
        Value? tokenTypeIds
    )
    {
        (Builder, InputIds, AttentionMask, TokenTypeIds) = (builder, inputIds, attentionMask, tokenTypeIds);
        _names = new Dictionary<object, string>(ReferenceEqualityComparer.Instance);
        foreach (DeclaredParameter parameter in parameters) _names.TryAdd(parameter.Value, parameter.Name);
    }

    public GraphBuilder Builder { get; }

    /// <summary>The shape [B, C] of scores of choices; null where texts are no choices.</summary>
    public Value? Choices { get; init; }

    /// <summary>D.</summary>
    public required int Width { get; init; }

    public Value InputIds { get; }

    public Value AttentionMask { get; }

    public Value? TokenTypeIds { get; }

    /// <summary>What enters each layer and, last, the output.</summary>
    public List<Value> HiddenStates { get; } = [];

    /// <summary>T, [1].</summary>
    public Value Tokens => _tokens ??= Builder.SizeOf(InputIds, 1);

    /// <summary>Added to scores: 0 for keys that are tokens, the least number for padding, [B, 1, 1, T].</summary>
    public Value AdditiveMask => _mask ??= Builder.Mul(
        Builder.Sub(Builder.Number(1), Builder.ToFloat(Builder.Unsqueeze(AttentionMask, 1, 2))), Builder.Number(Builder.Least));

    /// <summary>The mask as ONNX Runtime's attention takes it, int32 [B, T].</summary>
    public Value KeyMask => _keyMask ??= Builder.Cast(AttentionMask, TensorProto.Types.DataType.Int32);

    /// <summary>Counts the tokens that are not padding, from padId + 1; padding is at padId: int64 [B, T].</summary>
    public Value PositionsFromPadding(long padId)
    {
        Value isPadding = Builder.Op("Equal", [InputIds, Builder.Integers([padId], [])]);
        Value real = Builder.Cast(Builder.Op("Not", [isPadding]), TensorProto.Types.DataType.Int64);
        Value count = Builder.Op("CumSum", [real, Builder.Integers([1], [])]);
        return Builder.Add(Builder.Mul(count, real), Builder.Integers([padId], []));
    }

    /// <summary>The state of the first token of each text: [B, T, D] → [B, D].</summary>
    public Value First(Value states) => Builder.Gather(states, Builder.Integers([0], []), axis: 1);

    /// <summary>The checkpoint's name of a parameter.</summary>
    public string NameOf(Parameter parameter) => _names[parameter];

    /// <summary>A parameter as it is.</summary>
    public Value Weight(Parameter parameter) => Builder.Weight(NameOf(parameter), parameter.shape, () => ValuesOf(parameter));

    /// <summary>A parameter as it is; null stays null.</summary>
    public Value? OptionalWeight(Parameter? parameter) => parameter is null ? null : Weight(parameter);

    /// <summary>A tensor's numbers, in its order.</summary>
    public static float[] ValuesOf(Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        return tensor.detach().to(ScalarType.Float32).contiguous().ToSingles();
    }
}
