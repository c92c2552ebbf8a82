using System.Runtime.InteropServices;
using Graft.Torch;
using Onnx;

namespace Graft.Graphs;

/// <summary>A matrix as a graph takes it.</summary>
/// <param name="Name">The checkpoint's name of the layer.</param>
/// <param name="Inputs">Width of x.</param>
/// <param name="Outputs">Width of the result.</param>
/// <param name="Weight">The numbers, [in, out].</param>
/// <param name="Bias">[out]; null for none.</param>
internal sealed record LinearWeights(string Name, int Inputs, int Outputs, Func<float[]> Weight, Func<float[]>? Bias);

/// <summary>Matrix products with weights, in floating point or in 8 bits.</summary>
internal sealed partial class GraphBuilder
{
    private readonly Dictionary<Value, Value[]> _quantized = [];
    private readonly List<string> _linears = [];

    /// <summary>Which layers compute in 8 bits.</summary>
    public Func<string, bool> IsQuantized { get; init; } = static _ => false;

    /// <summary>The names of all layers that could, in the order of the graph.</summary>
    public IReadOnlyList<string> Linears => _linears;

    /// <summary>Counts a layer among those that could compute in 8 bits.</summary>
    public void Note(string layer)
    {
        if (!_linears.Contains(layer)) _linears.Add(layer);
    }

    /// <summary>x·W + b, then the activation: […, in] → […, out].</summary>
    public Value Linear(Value x, LinearWeights layer, Activation activation = Activation.None)
    {
        Note(layer.Name);
        Value? bias = layer.Bias is null ? null : Weight(layer.Name + ".bias", [layer.Outputs], layer.Bias);
        Value product = IsQuantized(layer.Name)
            ? QuantizedProduct(x, layer)
            : MatMul(x, Weight(layer.Name + ".weight.T", [layer.Inputs, layer.Outputs], layer.Weight));
        bool biasAndGelu = IsFused && bias is not null && activation is Activation.GeluErf or Activation.GeluTanh;
        if (biasAndGelu && IsFused) return ContribOp(activation == Activation.GeluErf ? "BiasGelu" : "FastGelu", [product, bias]);
        return Activate(bias is Value added ? Add(product, added) : product, activation);
    }

    /// <summary>
    /// DynamicQuantizeLinear(x) · W in whole numbers, times both scales: the pattern that ONNX Runtime runs as one operator. Weights are
    /// symmetric, −127 … 127, with a scale for each output; activations are unsigned with one range for the whole of x.
    /// </summary>
    private Value QuantizedProduct(Value x, LinearWeights layer)
    {
        if (!_quantized.TryGetValue(x, out Value[]? parts)) _quantized[x] = parts = Ops("DynamicQuantizeLinear", 3, [x]);
        QuantizedMatrix? matrix = null;
        QuantizedMatrix Matrix() => matrix ??= QuantizedMatrix.OfColumns(layer.Weight(), layer.Inputs, layer.Outputs);
        Value weight = RawWeight(layer.Name + ".weight.int8", TensorProto.Types.DataType.Int8, [layer.Inputs, layer.Outputs], () =>
            MemoryMarshal.AsBytes<sbyte>(Matrix().Values).ToArray()
        );
        Value scale = RawWeight(layer.Name + ".weight.scale", TensorProto.Types.DataType.Float, [layer.Outputs], () =>
            MemoryMarshal.AsBytes<float>(Matrix().Scales).ToArray()
        );
        Value product = Cast(Op("MatMulInteger", [parts[0], weight, parts[2]]), TensorProto.Types.DataType.Float);
        return Mul(product, Mul(parts[1], scale));
    }

    /// <summary>
    /// The rows of a table: whole where states are floating point, 8 bits with a scale for each row where this table is quantized.
    /// </summary>
    /// <param name="name">The table's name.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="width">The width.</param>
    /// <param name="values">[rows, width].</param>
    /// <param name="ids">int64.</param>
    public Value Rows(string name, int rows, int width, Func<float[]> values, Value ids)
    {
        Note(name);
        if (!IsQuantized(name)) return Gather(Weight(name + ".weight", [rows, width], values), ids);
        QuantizedMatrix? matrix = null;
        QuantizedMatrix Matrix() => matrix ??= QuantizedMatrix.OfRows(values(), rows, width);
        Value table = RawWeight(name + ".weight.int8", TensorProto.Types.DataType.Int8, [rows, width], () =>
            MemoryMarshal.AsBytes<sbyte>(Matrix().Values).ToArray()
        );
        Value scale = RawWeight(name + ".weight.scale", TensorProto.Types.DataType.Float, [rows, 1], () =>
            MemoryMarshal.AsBytes<float>(Matrix().Scales).ToArray()
        );
        return Mul(Cast(Gather(table, ids), TensorProto.Types.DataType.Float), Gather(scale, ids));
    }
}

/// <summary>A matrix in 8 bits: value = whole number · scale.</summary>
/// <param name="Values">−127 … 127, in the matrix's own order.</param>
/// <param name="Scales">One a column, or one a row.</param>
/// <example>The column 2, −4, 1 → scale 4/127 and 64, −127, 32.</example>
internal sealed record QuantizedMatrix(sbyte[] Values, float[] Scales)
{
    private const int Most = 127;

    /// <summary>A scale for each column of [rows, columns].</summary>
    public static QuantizedMatrix OfColumns(float[] values, int rows, int columns)
    {
        float[] scales = new float[columns];
        for (int i = 0; i < values.Length; i++) scales[i % columns] = Math.Max(scales[i % columns], Math.Abs(values[i]));
        return Round(values, Scaled(scales), i => i % columns, rows * columns);
    }

    /// <summary>A scale for each row of [rows, columns].</summary>
    public static QuantizedMatrix OfRows(float[] values, int rows, int columns)
    {
        float[] scales = new float[rows];
        for (int i = 0; i < values.Length; i++) scales[i / columns] = Math.Max(scales[i / columns], Math.Abs(values[i]));
        return Round(values, Scaled(scales), i => i / columns, rows * columns);
    }

    private static float[] Scaled(float[] largest) => [.. largest.Select(value => value == 0 ? 1 : value / Most)];

    private static QuantizedMatrix Round(float[] values, float[] scales, Func<int, int> scaleOf, int count)
    {
        sbyte[] whole = new sbyte[count];
        for (int i = 0; i < count; i++) whole[i] = (sbyte)Math.Clamp(MathF.Round(values[i] / scales[scaleOf(i)]), -Most, Most);
        return new QuantizedMatrix(whole, scales);
    }
}
