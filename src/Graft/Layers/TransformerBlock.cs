namespace Graft.Layers;

/// <summary>One layer of a stack, with the places where tuning acts.</summary>
public abstract class TransformerBlock : Layer
{
    /// <summary>The text's attention to itself.</summary>
    public abstract AttentionCore SelfAttention { get; }

    /// <summary>The decoder's attention to the encoder's states; null elsewhere.</summary>
    public virtual AttentionCore? CrossAttention => null;

    /// <summary>The end of the attention half.</summary>
    public abstract AddNorm AttentionOutput { get; }

    /// <summary>The end of the feed-forward half.</summary>
    public abstract AddNorm FeedForwardOutput { get; }
}
