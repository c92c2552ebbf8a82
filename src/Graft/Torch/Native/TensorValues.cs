using static TorchSharp.torch;

namespace Graft.Torch.Native;

/// <summary>A tensor's values as an array: one copy, where the binding's accessor finds each value's place anew.</summary>
internal static unsafe class TensorValues
{
    /// <summary>The values in the order of their indices, the last one fastest.</summary>
    /// <param name="tensor">A tensor of single precision and any shape.</param>
    public static float[] ToSingles(this Tensor tensor)
    {
        float[] values = new float[tensor.numel()];
        tensor.CopySingles(values);
        return values;
    }

    /// <summary>The sizes as messages name them: [2, 128, 768].</summary>
    public static string ShapeText(this Tensor tensor) => "[" + string.Join(", ", tensor.shape) + "]";

    /// <summary>The same into memory that is there.</summary>
    /// <param name="tensor">A tensor of single precision and any shape.</param>
    /// <param name="destination">At least as long as the tensor has values.</param>
    public static void CopySingles(this Tensor tensor, Span<float> destination)
    {
        if (tensor.dtype != ScalarType.Float32) throw new ArgumentException($"float32 is expected, not {tensor.dtype}", nameof(tensor));
        using Tensor values = tensor.detach().cpu().contiguous();
        new ReadOnlySpan<float>(Dispatcher.Data(values), checked((int)values.numel())).CopyTo(destination);
    }
}
