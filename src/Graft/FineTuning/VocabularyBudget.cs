using Graft.Backbones;
using Graft.Heads;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tasks;

/// <summary>
/// Scores of a whole vocabulary are large: 4,096 tokens of GPT-2 would be 0.8 GB. Batches and evaluation are cut so that they stay small.
/// </summary>
internal static class VocabularyBudget
{
    private const int Values = 1 << 26, FewestTokens = 256, RowsAtOnce = 512;

    /// <summary>The most tokens of a micro-batch.</summary>
    public static int Tokens(ModelConfig config) => Math.Clamp(Values / config.VocabularySize, FewestTokens, 8192);

    /// <summary>The log probability of each row's target.</summary>
    /// <param name="head">The language model's head.</param>
    /// <param name="states">[n, D].</param>
    /// <param name="targets">[n].</param>
    public static float[] LogProbabilities(LanguageModelHead head, Tensor states, Tensor targets)
    {
        float[] all = new float[states.shape[0]];
        for (int start = 0; start < all.Length; start += RowsAtOnce)
        {
            using DisposeScope scope = NewDisposeScope();
            int end = Math.Min(all.Length, start + RowsAtOnce);
            Tensor negative = nn.functional.cross_entropy(
                head.Score(states.slice(0, start, end, 1)),
                targets.slice(0, start, end, 1),
                reduction: nn.Reduction.None
            );
            (-negative).CopySingles(all.AsSpan(start));
        }

        return all;
    }
}
