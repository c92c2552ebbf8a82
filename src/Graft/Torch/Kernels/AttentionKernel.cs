using System.Runtime.InteropServices;
using Graft.Torch.Compute;
using Graft.Torch.Dropout;

namespace Graft.Torch.Kernels;

/// <summary>
/// Attention by (sequence, head), block of queries by block: scores, softmax, dropout and the weighted sum stay in the cache; nothing of
/// size Tq × Tk leaves it. The backward pass makes probabilities and masks again.
/// </summary>
internal sealed unsafe class AttentionKernel(AttentionGeometry geometry, float scale, RowDropout? dropout)
{
    private const int BlockRows = 128;

    /// <summary>The additive mask; default for none.</summary>
    public ScoreView Mask { get; init; }

    /// <summary>The additive bias; default for none.</summary>
    public ScoreView Bias { get; init; }

    /// <summary>
    /// What softmax found in each row of each head, [rows, H, 2]: the largest score, the inverse of the sum. Null where no backward pass
    /// follows.
    /// </summary>
    public required float* Statistics { get; init; }

    /// <summary>Queries.</summary>
    public required HeadView Q { get; init; }

    /// <summary>Keys.</summary>
    public required HeadView K { get; init; }

    /// <summary>Values.</summary>
    public required HeadView V { get; init; }

    /// <summary>output = dropout(softmax(scale · q·kᵀ + mask + bias)) · v.</summary>
    public void Forward(HeadView output) => ForEachHead(byHead: false, (sequence, head, scratch) =>
        {
            (long keyBatch, long keyToken) = geometry.KeyOrigin(sequence);
            (long batch, long token) = geometry.Origin(sequence);
            foreach (Block block in Blocks(sequence))
            {
                float* value = V.At(keyBatch, head, keyToken + block.FirstKey);
                Scores(sequence, head, block, scratch);
                for (int i = 0; i < block.Rows; i++)
                {
                    float* row = scratch + ((long)i * block.Keys);
                    (int from, int to) = geometry.Reach(sequence, block.FirstRow + i);
                    (float largest, float inverseSum) = SoftmaxKernels.Softmax(row, block.Keys, from - block.FirstKey, to - block.FirstKey);
                    if (Statistics is not null)
                    {
                        float* statistics = StatisticsOf(sequence, head, block.FirstRow + i);
                        (statistics[0], statistics[1]) = (largest, inverseSum);
                    }

                    if (dropout is not null)
                        SoftmaxKernels.DropProbabilities(
                            row,
                            block.Keys,
                            dropout.Mask,
                            dropout.Stream(geometry.FirstRow(sequence) + block.FirstRow + i, head),
                            block.FirstKey
                        );
                }

                SmallProduct.Times(
                    block.Rows,
                    geometry.Size,
                    block.Keys,
                    1,
                    scratch,
                    block.Keys,
                    value,
                    V.RowStride,
                    output.At(batch, head, token + block.FirstRow),
                    output.RowStride
                );
            }
        });

    /// <summary>The gradients of q, k and v (zeroed before), and of the bias where wanted.</summary>
    /// <param name="gradient">The gradient of the output.</param>
    /// <param name="output">The output itself.</param>
    /// <param name="dq">Written.</param>
    /// <param name="dk">Added to.</param>
    /// <param name="dv">Added to.</param>
    /// <param name="biasGradient">Added to, of the bias's shape; default where not wanted.</param>
    public void Backward(HeadView gradient, HeadView output, HeadView dq, HeadView dk, HeadView dv, ScoreView biasGradient)
    {
        // A bias is shared between sequences: then each thread takes whole heads, so that sums have one order.
        ForEachHead(byHead: !biasGradient.IsNone, (sequence, head, scratch) =>
        {
            foreach (Block block in Blocks(sequence))
                BackwardBlock(sequence, head, block, scratch, gradient, output, dq, dk, dv, biasGradient);
        });
    }

    private void BackwardBlock(
        int sequence,
        int head,
        in Block block,
        float* scratch,
        HeadView gradient,
        HeadView output,
        HeadView dq,
        HeadView dk,
        HeadView dv,
        ScoreView biasGradient
    )
    {
        (int rows, int keys, int size) = (block.Rows, block.Keys, geometry.Size);
        (long keyBatch, long keyToken) = geometry.KeyOrigin(sequence);
        (long batch, long token) = geometry.Origin(sequence);
        (token, keyToken) = (token + block.FirstRow, keyToken + block.FirstKey);
        float* p = scratch, dp = scratch + ((long)rows * keys);
        float* upstream = gradient.At(batch, head, token), result = output.At(batch, head, token);
        Scores(sequence, head, block, p);
        SmallProduct.TimesTransposed(
            rows,
            keys,
            size,
            1,
            upstream,
            gradient.RowStride,
            V.At(keyBatch, head, keyToken),
            V.RowStride,
            dp,
            keys
        );
        for (int i = 0; i < rows; i++)
        {
            float* row = p + ((long)i * keys), drow = dp + ((long)i * keys);
            (int from, int to) = geometry.Reach(sequence, block.FirstRow + i);
            float* statistics = StatisticsOf(sequence, head, block.FirstRow + i);
            SoftmaxKernels.SoftmaxAgain(row, keys, from - block.FirstKey, to - block.FirstKey, statistics[0], statistics[1]);
            float mean = SoftmaxKernels.Dot(upstream + ((long)i * gradient.RowStride), result + ((long)i * output.RowStride), size);
            ulong stream = dropout?.Stream(geometry.FirstRow(sequence) + block.FirstRow + i, head) ?? 0;
            SoftmaxKernels.SoftmaxGradient(row, drow, keys, mean, dropout, stream, block.FirstKey);
            if (!biasGradient.IsNone) ColumnKernels.AddTo(biasGradient.Row(batch, head, block.FirstRow + i) + block.FirstKey, drow, keys);
        }

        SmallProduct.AddTransposedTimes(
            keys,
            size,
            rows,
            1,
            p,
            keys,
            upstream,
            gradient.RowStride,
            dv.At(keyBatch, head, keyToken),
            dv.RowStride
        );
        SmallProduct.Times(
            rows,
            size,
            keys,
            scale,
            dp,
            keys,
            K.At(keyBatch, head, keyToken),
            K.RowStride,
            dq.At(batch, head, token),
            dq.RowStride
        );
        SmallProduct.AddTransposedTimes(
            keys,
            size,
            rows,
            scale,
            dp,
            keys,
            Q.At(batch, head, token),
            Q.RowStride,
            dk.At(keyBatch, head, keyToken),
            dk.RowStride
        );
    }

    /// <summary>scale · q·kᵀ + mask + bias of a block, [rows, keys].</summary>
    private void Scores(int sequence, int head, in Block block, float* scores)
    {
        (long keyBatch, long keyToken) = geometry.KeyOrigin(sequence);
        (long batch, long token) = geometry.Origin(sequence);
        SmallProduct.TimesTransposed(
            block.Rows, block.Keys, geometry.Size, scale, Q.At(batch, head, token + block.FirstRow), Q.RowStride,
            K.At(keyBatch, head, keyToken + block.FirstKey), K.RowStride, scores, block.Keys);
        for (int i = 0; i < block.Rows; i++)
        {
            float* row = scores + ((long)i * block.Keys);
            if (!Bias.IsNone) ColumnKernels.AddTo(row, Bias.Row(batch, head, block.FirstRow + i) + block.FirstKey, block.Keys);
            if (!Mask.IsNone) ColumnKernels.AddTo(row, Mask.Row(batch, head, block.FirstRow + i) + block.FirstKey, block.Keys);
        }
    }

    private float* StatisticsOf(int sequence, int head, int token) =>
        Statistics + ((((geometry.FirstRow(sequence) + token) * geometry.Heads) + head) * 2);

    private IEnumerable<Block> Blocks(int sequence)
    {
        int tokens = geometry.Tokens(sequence);
        for (int first = 0; first < tokens; first += BlockRows)
        {
            int rows = Math.Min(BlockRows, tokens - first);
            // masks begin at multiples of 16
            int from = geometry.Reach(sequence, first).From / 16 * 16, to = geometry.Reach(sequence, first + rows - 1).To;
            yield return new Block(first, rows, from, to - from);
        }
    }

    private void ForEachHead(bool byHead, HeadAction action)
    {
        long items = byHead ? geometry.Heads : (long)geometry.Heads * geometry.Sequences;
        nuint bytes = (nuint)(2L * BlockRows * geometry.LongestKeys * sizeof(float));
        KernelThreads.For(items, 1, (begin, end) =>
        {
            float* scratch = (float*)NativeMemory.AlignedAlloc(bytes, 64);
            int threads = SmallProduct.SetThreadsHere(1);
            try
            {
                for (long item = begin; item < end; item++)
                {
                    if (!byHead) action((int)(item / geometry.Heads), (int)(item % geometry.Heads), scratch);
                    else for (int sequence = 0; sequence < geometry.Sequences; sequence++) action(sequence, (int)item, scratch);
                }
            }
            finally
            {
                SmallProduct.SetThreadsHere(threads);
                NativeMemory.AlignedFree(scratch);
            }
        });
    }

    private delegate void HeadAction(int sequence, int head, float* scratch);

    /// <summary>Queries [FirstRow, FirstRow + Rows) and the keys they see together.</summary>
    private readonly record struct Block(int FirstRow, int Rows, int FirstKey, int Keys);
}
