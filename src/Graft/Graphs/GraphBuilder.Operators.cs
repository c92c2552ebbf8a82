using Onnx;

namespace Graft.Graphs;

/// <summary>The operators that layers draw with, and what a layer's arithmetic is made of.</summary>
internal sealed partial class GraphBuilder
{
    public Value MatMul(Value left, Value right) => Op("MatMul", [left, right]);

    public Value Add(Value left, Value right) => Op("Add", [left, right]);

    public Value Sub(Value left, Value right) => Op("Sub", [left, right]);

    public Value Mul(Value left, Value right) => Op("Mul", [left, right]);

    public Value Div(Value left, Value right) => Op("Div", [left, right]);

    public Value Softmax(Value x) => Op("Softmax", [x], ("axis", -1L));

    public Value Transpose(Value x, params long[] order) => Op("Transpose", [x], ("perm", order));

    /// <summary>0 keeps a dimension, −1 takes what is left.</summary>
    public Value Reshape(Value x, params long[] shape) => Op("Reshape", [x, Integers(shape)]);

    public Value Unsqueeze(Value x, params long[] axes) => Op("Unsqueeze", [x, Integers(axes)]);

    public Value Squeeze(Value x, params long[] axes) => Op("Squeeze", [x, Integers(axes)]);

    /// <summary>The rows, or entries of another dimension, that an index names.</summary>
    public Value Gather(Value table, Value index, long axis = 0) => Op("Gather", [table, index], ("axis", axis));

    /// <summary>Entries from (inclusive) … to (exclusive) of one dimension.</summary>
    public Value Slice(Value x, Value from, Value to, long axis) => Op("Slice", [x, from, to, Integers(axis)]);

    /// <summary>The size of one dimension, [1].</summary>
    public Value SizeOf(Value x, long axis) => Op("Shape", [x], ("start", axis), ("end", axis + 1));

    public Value Where(Value condition, Value yes, Value no) => Op("Where", [condition, yes, no]);

    public Value Cast(Value x, TensorProto.Types.DataType type) => Op("Cast", [x], ("to", (long)type));

    /// <summary>As numbers of the states' type.</summary>
    public Value ToFloat(Value x) => Cast(x, Float);

    /// <summary>0, 1 … count − 1, [count].</summary>
    /// <param name="count">[1].</param>
    public Value Range(Value count) => Op("Range", [Integers([0], []), Squeeze(count, 0), Integers([1], [])]);

    /// <summary>The signed distance key − query of each pair, kept within ± <paramref name="most"/>, int64 [T, T].</summary>
    /// <param name="tokens">T, [1].</param>
    /// <param name="most">The largest distance.</param>
    public Value Distances(Value tokens, long most)
    {
        Value places = Range(tokens);
        Value distances = Sub(Unsqueeze(places, 0), Unsqueeze(places, 1));
        return Op("Min", [Op("Max", [distances, Integers([-most], [])]), Integers([most], [])]);
    }

    /// <summary>(x − mean) / √(variance + eps) · weight + bias over the last dimension.</summary>
    public Value LayerNorm(Value x, Value weight, Value? bias, double eps) =>
        Op("LayerNormalization", [x, weight, bias], ("axis", -1L), ("epsilon", (float)eps));

    /// <summary>x / √(mean(x²) + eps) · weight over the last dimension, computed in 32 bits.</summary>
    public Value RmsNorm(Value x, Value weight, double eps)
    {
        Value wide = IsHalf ? Cast(x, TensorProto.Types.DataType.Float) : x;
        Value mean = Op("ReduceMean", [Mul(wide, wide)], ("axes", new[] { -1L }), ("keepdims", 1L));
        Value root = Op("Sqrt", [Op("Add", [mean, WideNumber((float)eps)])]);
        Value normalised = Div(wide, root);
        return Mul(IsHalf ? ToFloat(normalised) : normalised, weight);
    }

    /// <summary>The function of a name; x itself for none.</summary>
    public Value Activate(Value x, Torch.Activation activation) => activation switch
    {
        Torch.Activation.None => x,
        Torch.Activation.GeluErf => IsFused ? ContribOp("Gelu", [x]) : GeluErf(x),
        Torch.Activation.GeluTanh => GeluTanh(x),
        Torch.Activation.Relu => Op("Relu", [x]),
        Torch.Activation.Silu => Mul(x, Op("Sigmoid", [x])),
        Torch.Activation.Tanh => Op("Tanh", [x]),
        Torch.Activation.Sigmoid => Op("Sigmoid", [x]),
        _ => throw new InputException($"activation {activation} has no ONNX form"),
    };

    /// <summary>A 32-bit number whatever the states are.</summary>
    private Value WideNumber(float value) =>
        Constant($"n{BitConverter.SingleToInt32Bits(value)}", "number", TensorProto.Types.DataType.Float, [], BitConverter.GetBytes(value));

    /// <summary>Numbers that stay 32 bits wide, [count].</summary>
    public Value WideNumbers(float[] values)
    {
        byte[] bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(values).ToArray();
        return Constant($"n{Hash(bytes)}", "numbers", TensorProto.Types.DataType.Float, [values.Length], bytes);
    }

    /// <summary>x · ½ · (1 + erf(x/√2)), in the order that ONNX Runtime recognises.</summary>
    private Value GeluErf(Value x) => Mul(Mul(x, Add(Op("Erf", [Div(x, Number(Math.Sqrt(2)))]), Number(1))), Number(0.5));

    /// <summary>½ · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))).</summary>
    private Value GeluTanh(Value x)
    {
        Value cube = Mul(Mul(x, x), x);
        Value inner = Mul(Add(x, Mul(cube, Number(0.044715))), Number(Math.Sqrt(2 / Math.PI)));
        return Mul(Mul(x, Number(0.5)), Add(Op("Tanh", [inner]), Number(1)));
    }
}
