using Graft.Torch.Compute;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Kernels;

/// <summary>
/// Attention of one new token a row to itself and all before it, without gradient: the middle of a layer that writes text token by token.
/// One pass over the kept keys and values instead of a dozen views and copies of libtorch, during which memory idles.
/// </summary>
internal static unsafe class OneTokenAttention
{
    private const long Grain = 1 << 15; // values read that are worth a thread

    /// <summary>So many tokens' scores lie on the stack.</summary>
    public const long Longest = 1 << 13;

    /// <summary>softmax(scale · q·kᵀ)·v. The token's key and value are put behind those of the tokens before.</summary>
    /// <param name="query">[B, 1, D], fp32; rows may be parts of wider ones.</param>
    /// <param name="key">The same for the key.</param>
    /// <param name="value">The same for the value.</param>
    /// <param name="keys">[B, H, room, N], contiguous, with room for one more.</param>
    /// <param name="values">The same for the values.</param>
    /// <param name="before">The tokens written there.</param>
    /// <param name="scale">The scale of the products.</param>
    /// <returns>[B, 1, D].</returns>
    public static Tensor Run(Tensor query, Tensor key, Tensor value, Tensor keys, Tensor values, int before, float scale)
    {
        (int rows, int heads, int room, int size) = ((int)keys.size(0), (int)keys.size(1), (int)keys.size(2), (int)keys.size(3));
        int tokens = before + 1;
        Tensor output = empty(rows, 1, heads * size);
        Rows q = new(query), k = new(key), v = new(value), result = new(output);
        float* allKeys = Dispatcher.Data(keys), allValues = Dispatcher.Data(values);
        long grain = Math.Max(1, Grain / ((long)tokens * size));
        KernelThreads.For((long)rows * heads, grain, (begin, end) =>
        {
            float* scores = stackalloc float[tokens];
            for (long item = begin; item < end; item++)
            {
                (long row, long offset) = (item / heads, item % heads * size);
                float* kept = allKeys + (item * room * size), keptValues = allValues + (item * room * size);
                k.Copy(row, offset, size, kept + ((long)before * size));
                v.Copy(row, offset, size, keptValues + ((long)before * size));
                SmallProduct.TimesTransposed(1, tokens, size, scale, q.At(row, offset), size, kept, size, scores, tokens);
                SoftmaxKernels.Softmax(scores, tokens, 0, tokens);
                SmallProduct.Times(1, size, tokens, 1, scores, tokens, keptValues, size, result.At(row, offset), size);
            }
        });
        return output;
    }

    /// <summary>The rows of [B, 1, D].</summary>
    private readonly struct Rows(Tensor tensor)
    {
        private readonly float* _first = Dispatcher.Data(tensor);
        private readonly long _stride = tensor.stride(0);

        public float* At(long row, long offset) => _first + (row * _stride) + offset;

        public void Copy(long row, long offset, int count, float* to) =>
            new ReadOnlySpan<float>(At(row, offset), count).CopyTo(new Span<float>(to, count));
    }
}
