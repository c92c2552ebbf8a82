using Onnx;

namespace Graft.Tests.Export;

/// <summary>The rules of ONNX's checker (onnx/checker.cc): what every file must keep whatever runtime reads it.</summary>
internal static class OnnxRules
{
    /// <summary>Operators of opset 17 that graphs may use, with the least and most inputs and outputs.</summary>
    private static readonly Dictionary<string, (int Least, int Most, int Outputs)> s_standard = new(StringComparer.Ordinal)
    {
        ["Abs"] = (1, 1, 1),
        ["Add"] = (2, 2, 1),
        ["ArgMax"] = (1, 1, 1),
        ["Cast"] = (1, 1, 1),
        ["Concat"] = (1, int.MaxValue, 1),
        ["Conv"] = (2, 3, 1),
        ["Cos"] = (1, 1, 1),
        ["CumSum"] = (2, 2, 1),
        ["Div"] = (2, 2, 1),
        ["DynamicQuantizeLinear"] = (1, 1, 3),
        ["Equal"] = (2, 2, 1),
        ["Erf"] = (1, 1, 1),
        ["Expand"] = (2, 2, 1),
        ["Gather"] = (2, 2, 1),
        ["GatherElements"] = (2, 2, 1),
        ["GatherND"] = (2, 2, 1),
        ["Identity"] = (1, 1, 1),
        ["LayerNormalization"] = (2, 3, 3),
        ["LessOrEqual"] = (2, 2, 1),
        ["MatMul"] = (2, 2, 1),
        ["MatMulInteger"] = (2, 4, 1),
        ["Max"] = (1, int.MaxValue, 1),
        ["Min"] = (1, int.MaxValue, 1),
        ["Mul"] = (2, 2, 1),
        ["Not"] = (1, 1, 1),
        ["Range"] = (3, 3, 1),
        ["ReduceL2"] = (1, 1, 1),
        ["ReduceMax"] = (1, 1, 1),
        ["ReduceMean"] = (1, 1, 1),
        ["ReduceSum"] = (1, 2, 1),
        ["Relu"] = (1, 1, 1),
        ["Reshape"] = (2, 2, 1),
        ["Shape"] = (1, 1, 1),
        ["Sigmoid"] = (1, 1, 1),
        ["Sin"] = (1, 1, 1),
        ["Slice"] = (3, 5, 1),
        ["Softmax"] = (1, 1, 1),
        ["Split"] = (1, 2, int.MaxValue),
        ["Sqrt"] = (1, 1, 1),
        ["Squeeze"] = (1, 2, 1),
        ["Sub"] = (2, 2, 1),
        ["Tanh"] = (1, 1, 1),
        ["Transpose"] = (1, 1, 1),
        ["Unsqueeze"] = (2, 2, 1),
        ["Where"] = (3, 3, 1),
    };

    private static readonly HashSet<string> s_contrib =
        ["Attention", "BiasGelu", "FastGelu", "Gelu", "MultiHeadAttention"];

    /// <summary>Fails on the first rule that a file breaks.</summary>
    public static void Check(ModelProto model, bool standardOnly, string what)
    {
        Assert.True(model.IrVersion is >= 3 and <= 8, $"{what}: IR version {model.IrVersion}");
        Assert.Equal(model.OpsetImport.Count, model.OpsetImport.Select(set => set.Domain).Distinct().Count());
        Assert.Contains(model.OpsetImport, set => set is { Domain: "", Version: >= 17 });
        GraphProto graph = model.Graph;
        Assert.NotEmpty(graph.Name);
        HashSet<string> known = new(StringComparer.Ordinal), nodes = new(StringComparer.Ordinal);
        foreach (ValueInfoProto input in graph.Input) Declare(input.Name);
        foreach (TensorProto tensor in graph.Initializer)
        {
            Declare(tensor.Name);
            Assert.Equal(
                tensor.Dims.Aggregate(1L, (product, size) => product * size) * SizeOf((TensorProto.Types.DataType)tensor.DataType),
                tensor.RawData.Length
            );
        }

        foreach (NodeProto node in graph.Node)
        {
            Assert.True(nodes.Add(node.Name), $"{what}: two nodes are named {node.Name}");
            Assert.True(
                model.OpsetImport.Any(set => set.Domain == node.Domain),
                $"{what}: {node.OpType} is of domain {node.Domain}, which is not imported"
            );
            foreach (string input in node.Input.Where(input => input.Length > 0))
                Assert.True(known.Contains(input), $"{what}: {node.OpType} takes {input} before it is made");
            if (node.Domain.Length == 0)
                CheckSchema(node, what);
            else
                Assert.True(!standardOnly && s_contrib.Contains(node.OpType), $"{what}: {node.OpType} is no standard operator");
            Assert.Equal(node.Attribute.Count, node.Attribute.Select(attribute => attribute.Name).Distinct().Count());
            Assert.All(node.Attribute, attribute => Assert.NotEqual(AttributeProto.Types.AttributeType.Undefined, attribute.Type));
            foreach (string output in node.Output) Declare(output);
        }

        foreach (ValueInfoProto value in graph.Input.Concat(graph.Output))
        {
            Assert.True(known.Contains(value.Name), $"{what}: nothing makes the output {value.Name}");
            Assert.True(
                value.Type.TensorType.ElemType > 0 && value.Type.TensorType.Shape is not null,
                $"{what}: {value.Name} has no type or shape"
            );
        }

        void Declare(string name) =>
            Assert.True(name.Length > 0 && known.Add(name), $"{what}: the name \"{name}\" is given twice or empty");
    }

    private static void CheckSchema(NodeProto node, string what)
    {
        Assert.True(
            s_standard.TryGetValue(node.OpType, out (int Least, int Most, int Outputs) schema),
            $"{what}: {node.OpType} is not among the operators that were checked"
        );
        Assert.True(
            node.Input.Count >= schema.Least && node.Input.Count <= schema.Most && node.Output.Count <= schema.Outputs,
            $"{what}: {node.OpType} has {node.Input.Count} inputs, {node.Output.Count} outputs"
        );
    }

    private static int SizeOf(TensorProto.Types.DataType type) => type switch
    {
        TensorProto.Types.DataType.Int8 => 1,
        TensorProto.Types.DataType.Float16 => 2,
        TensorProto.Types.DataType.Float or TensorProto.Types.DataType.Int32 => 4,
        TensorProto.Types.DataType.Int64 => 8,
        _ => throw new ArgumentException($"no size of {type}", nameof(type)),
    };
}
