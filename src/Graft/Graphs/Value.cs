namespace Graft.Graphs;

/// <summary>What some node of a graph gives, by its name; other nodes take it.</summary>
internal readonly record struct Value(string Name);

/// <summary>Which operators a graph may use.</summary>
public enum OnnxGraph
{
    /// <summary>Those of the ONNX standard alone (opset 17): any runtime computes them.</summary>
    Portable,

    /// <summary>ONNX Runtime's own as well (domain com.microsoft): attention, embeddings and norms are one operator each.</summary>
    Fused,
}

/// <summary>How the numbers of an exported file are stored and computed.</summary>
public enum OnnxPrecision
{
    /// <summary>32-bit floating point: the model's own numbers.</summary>
    Fp32,

    /// <summary>16-bit floating point throughout: half the size, for devices that compute with it.</summary>
    Fp16,

    /// <summary>Weights of 8 bits with a scale for each output, activations quantized while running.</summary>
    Int8,
}
