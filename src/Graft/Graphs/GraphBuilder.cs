using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Onnx;

namespace Graft.Graphs;

/// <summary>
/// Draws one ONNX graph: nodes in the order in which they are added, so a node only ever sees what is before it; every name once; equal
/// constants once. Layers draw themselves with it. Knows no torch: weights arrive as numbers.
/// </summary>
/// <param name="kind">Whether ONNX Runtime's own operators may be used.</param>
/// <param name="half">Floating-point numbers have 16 bits.</param>
internal sealed partial class GraphBuilder(OnnxGraph kind, bool half = false)
{
    /// <summary>The version of the standard operators.</summary>
    public const int Opset = 17;

    /// <summary>The version of the file format that belongs to it.</summary>
    public const int IrVersion = 8;

    /// <summary>The domain of ONNX Runtime's own operators.</summary>
    public const string Contrib = "com.microsoft";

    private readonly GraphProto _graph = new() { Name = "graft" };
    private readonly Dictionary<string, Value> _constants = new(StringComparer.Ordinal);
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Whether ONNX Runtime's own operators may be used.</summary>
    public bool IsFused => kind == OnnxGraph.Fused;

    /// <summary>Whether floating-point numbers have 16 bits.</summary>
    public bool IsHalf => half;

    /// <summary>The element type of weights and states.</summary>
    public TensorProto.Types.DataType Float => half ? TensorProto.Types.DataType.Float16 : TensorProto.Types.DataType.Float;

    /// <summary>What a score that must not count is: the least number of the type.</summary>
    public float Least => half ? -65504f : float.MinValue;

    /// <summary>An input of int64 numbers.</summary>
    /// <param name="name">The name in the file.</param>
    /// <param name="axes">The names of its dimensions.</param>
    public Value Input(string name, params string[] axes)
    {
        _graph.Input.Add(Describe(name, TensorProto.Types.DataType.Int64, axes));
        _names.Add(name);
        return new Value(name);
    }

    /// <summary>Makes a value an output of 32-bit numbers.</summary>
    /// <param name="name">The name in the file.</param>
    /// <param name="value">What it is.</param>
    /// <param name="axes">The names, or sizes, of its dimensions.</param>
    public void Output(string name, Value value, params string[] axes)
    {
        Add(half ? "Cast" : "Identity", name, "", [value], half ? [("to", (long)TensorProto.Types.DataType.Float)] : []);
        _graph.Output.Add(Describe(name, TensorProto.Types.DataType.Float, axes));
    }

    /// <summary>A node of one result.</summary>
    /// <param name="type">The standard operator.</param>
    /// <param name="inputs">What it takes; null for an optional input that is left out.</param>
    /// <param name="attributes">Numbers (long, float), texts, or arrays of long.</param>
    public Value Op(string type, Value?[] inputs, params (string Name, object Value)[] attributes) =>
        Add(type, Unique(type), "", inputs, attributes);

    /// <summary>A node of one of ONNX Runtime's own operators.</summary>
    public Value ContribOp(string type, Value?[] inputs, params (string Name, object Value)[] attributes) =>
        Add(type, Unique(type), Contrib, inputs, attributes);

    /// <summary>A node of several results.</summary>
    public Value[] Ops(string type, int results, Value?[] inputs, params (string Name, object Value)[] attributes)
    {
        string[] names = [.. Enumerable.Range(0, results).Select(_ => Unique(type))];
        NodeProto node = Node(type, names[0], "", inputs, attributes);
        node.Output.AddRange(names);
        _graph.Node.Add(node);
        return [.. names.Select(name => new Value(name))];
    }

    /// <summary>A list of whole numbers, [count].</summary>
    public Value Integers(params long[] values) => Integers(values, [values.Length]);

    /// <summary>Whole numbers of a shape; no dimensions for a single one.</summary>
    public Value Integers(long[] values, long[] shape) =>
        Constant(
            $"i{string.Join(',', shape)}:{string.Join(',', values.Take(64))}:{Hash(MemoryMarshal.AsBytes<long>(values))}",
            "integers",
            TensorProto.Types.DataType.Int64,
            shape,
            MemoryMarshal.AsBytes<long>(values)
        );

    /// <summary>A single number of the states' type.</summary>
    public Value Number(double value) => Numbers([(float)value], []);

    /// <summary>Numbers of the states' type that are no weights.</summary>
    public Value Numbers(ReadOnlySpan<float> values, long[] shape)
    {
        byte[] bytes = Encode(values);
        return Constant(
            string.Create(CultureInfo.InvariantCulture, $"f{string.Join(',', shape)}:{values.Length}:{Hash(bytes)}"),
            "numbers",
            Float,
            shape,
            bytes
        );
    }

    /// <summary>Weights under their own name; asked for again, the same ones.</summary>
    /// <param name="name">The checkpoint's name, and what was done to the numbers.</param>
    /// <param name="shape">The shape.</param>
    /// <param name="values">Makes the numbers, the first time.</param>
    public Value Weight(string name, long[] shape, Func<float[]> values)
    {
        if (_constants.TryGetValue("w" + name, out Value known)) return known;
        Value weight = Constant("w" + name, name, Float, shape, Encode(values()));
        return weight;
    }

    /// <summary>Whole numbers of 8 bits, or numbers that stay 32 bits wide whatever the states are.</summary>
    public Value RawWeight(string name, TensorProto.Types.DataType type, long[] shape, Func<byte[]> bytes) =>
        _constants.TryGetValue("w" + name, out Value known) ? known : Constant("w" + name, name, type, shape, bytes());

    /// <summary>The whole model.</summary>
    /// <param name="metadata">Kept in the file beside the graph.</param>
    public ModelProto Build(IEnumerable<(string Key, string Value)> metadata)
    {
        ModelProto model = new()
        {
            IrVersion = IrVersion,
            ProducerName = "graft",
            ProducerVersion = typeof(GraphBuilder).Assembly.GetName().Version?.ToString(3) ?? "",
            Graph = _graph,
        };
        model.OpsetImport.Add(new OperatorSetIdProto { Domain = "", Version = Opset });
        if (_graph.Node.Any(node => node.Domain == Contrib))
            model.OpsetImport.Add(new OperatorSetIdProto { Domain = Contrib, Version = 1 });
        foreach ((string key, string value) in metadata)
            model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });
        return model;
    }

    private Value Add(string type, string name, string domain, Value?[] inputs, (string Name, object Value)[] attributes)
    {
        NodeProto node = Node(type, name, domain, inputs, attributes);
        node.Output.Add(name);
        _graph.Node.Add(node);
        return new Value(name);
    }

    private static NodeProto Node(string type, string name, string domain, Value?[] inputs, (string Name, object Value)[] attributes)
    {
        NodeProto node = new() { OpType = type, Name = name };
        if (domain.Length > 0) node.Domain = domain;
        int last = Array.FindLastIndex(inputs, input => input is not null); // optional inputs at the end are left out altogether
        node.Input.AddRange(inputs.Take(last + 1).Select(input => input?.Name ?? ""));
        node.Attribute.AddRange(attributes.Select(attribute => Attribute(attribute.Name, attribute.Value)));
        return node;
    }

    private static AttributeProto Attribute(string name, object value)
    {
        AttributeProto attribute = new() { Name = name };
        switch (value)
        {
            case long number:
                (attribute.Type, attribute.I) = (AttributeProto.Types.AttributeType.Int, number);
                break;
            case float number:
                (attribute.Type, attribute.F) = (AttributeProto.Types.AttributeType.Float, number);
                break;
            case string text:
                (attribute.Type, attribute.S) = (AttributeProto.Types.AttributeType.String, ByteString.CopyFromUtf8(text));
                break;
            case long[] numbers:
                attribute.Type = AttributeProto.Types.AttributeType.Ints;
                attribute.Ints.AddRange(numbers);
                break;
            default:
                throw new ArgumentException($"attribute {name} is a {value.GetType().Name}", nameof(value));
        }

        return attribute;
    }

    private Value Constant(string key, string name, TensorProto.Types.DataType type, long[] shape, ReadOnlySpan<byte> bytes)
    {
        if (_constants.TryGetValue(key, out Value known))
            return known;
        TensorProto tensor = new()
        {
            Name = _names.Add(name) ? name : Unique(name),
            DataType = (int)type,
            RawData = ByteString.CopyFrom(bytes),
        };
        tensor.Dims.AddRange(shape);
        _graph.Initializer.Add(tensor);
        return _constants[key] = new Value(tensor.Name);
    }

    private byte[] Encode(ReadOnlySpan<float> values)
    {
        if (!half) return MemoryMarshal.AsBytes(values).ToArray();
        Half[] halves = new Half[values.Length];
        for (int i = 0; i < halves.Length; i++) halves[i] = (Half)Math.Clamp(values[i], -65504f, 65504f);
        return MemoryMarshal.AsBytes<Half>(halves).ToArray();
    }

    private string Unique(string type)
    {
        string name;
        do name = string.Create(CultureInfo.InvariantCulture, $"{type}_{_count++}");
        while (!_names.Add(name));
        return name;
    }

    private static string Hash(ReadOnlySpan<byte> bytes) => Sha256.Of(bytes);

    private static ValueInfoProto Describe(string name, TensorProto.Types.DataType type, string[] axes)
    {
        TensorShapeProto shape = new();
        foreach (string axis in axes)
        {
            shape.Dim.Add(long.TryParse(axis, NumberStyles.None, CultureInfo.InvariantCulture, out long size)
                ? new TensorShapeProto.Types.Dimension { DimValue = size }
                : new TensorShapeProto.Types.Dimension { DimParam = axis });
        }

        return new ValueInfoProto
        {
            Name = name,
            Type = new TypeProto
            {
                TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = shape },
            },
        };
    }
}
