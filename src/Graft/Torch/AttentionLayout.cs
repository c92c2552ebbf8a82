using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch;

/// <summary>
/// How queries, keys and values lie in memory and who may look at whom. Legend: B batch, T tokens, H heads, N size per head.
/// </summary>
/// <remarks>
/// <para>Padded: [B, H, T, N], with an optional additive mask [B or 1, 1, 1 or T, Tk] of zeros and large negative finite values (never
/// −∞).</para>
/// <para>Packed: [tokens, H, N], the sequences one after the other; attention stays inside each sequence.</para>
/// </remarks>
public sealed class AttentionLayout
{
    /// <summary>What masked scores are lowered by: finite, so that a row with nothing to see stays finite.</summary>
    public const float Masked = -1e30f;

    private AttentionLayout(Tensor? mask, int[]? boundaries, int[]? keyBoundaries, bool causal, int? window)
    {
        Mask = mask;
        Boundaries = boundaries;
        KeyBoundaries = keyBoundaries;
        Causal = causal;
        Window = window;
    }

    /// <summary>The additive mask of a padded layout; null where nothing is masked.</summary>
    public Tensor? Mask { get; }

    /// <summary>The first row of each packed sequence and, last, the number of rows; null in a padded layout.</summary>
    public int[]? Boundaries { get; }

    /// <summary>The same for the keys and values.</summary>
    public int[]? KeyBoundaries { get; }

    /// <summary>True where a token sees only itself and what is before it.</summary>
    public bool Causal { get; }

    /// <summary>The largest distance |i − j| that sees; null for all.</summary>
    public int? Window { get; }

    /// <summary>True for the packed layout.</summary>
    public bool IsPacked => Boundaries is not null;

    /// <summary>A padded layout.</summary>
    /// <param name="mask">Additive, [B or 1, 1, 1 or T, Tk], 0 where visible and <see cref="Masked"/> where not; see
    /// <see cref="AdditiveMask"/>.</param>
    /// <param name="causal">Tokens see only what is before them (and themselves).</param>
    /// <param name="window">The largest distance that sees.</param>
    public static AttentionLayout Padded(Tensor? mask, bool causal = false, int? window = null) => new(mask, null, null, causal, window);

    /// <summary>A packed layout.</summary>
    /// <param name="boundaries">The first row of each sequence and, last, the number of rows: [0, 5, 12] for lengths 5 and 7.</param>
    /// <param name="causal">Tokens see only what is before them (and themselves).</param>
    /// <param name="window">The largest distance that sees.</param>
    /// <param name="keyBoundaries">Boundaries of the keys where they differ (cross-attention).</param>
    public static AttentionLayout Packed(int[] boundaries, bool causal = false, int? window = null, int[]? keyBoundaries = null)
    {
        keyBoundaries ??= boundaries;
        if (boundaries.Length < 2 || keyBoundaries.Length != boundaries.Length)
            throw new ArgumentException("boundaries: one more than sequences", nameof(boundaries));
        return new(null, boundaries, keyBoundaries, causal, window);
    }

    /// <summary>The additive mask [B, 1, 1, T] of an attention mask [B, T] with 1 for tokens and 0 for padding.</summary>
    public static Tensor AdditiveMask(Tensor attentionMask)
    {
        using Tensor padding = attentionMask.eq(0);
        using Tensor lowered = padding.to(ScalarType.Float32).mul_(Masked);
        return lowered.view(attentionMask.shape[0], 1, 1, attentionMask.shape[1]);
    }

    /// <summary>The same layout seen by layers of another reach (alternating local and global attention).</summary>
    public AttentionLayout WithWindow(int? window) => new(Mask, Boundaries, KeyBoundaries, Causal, window);
}
