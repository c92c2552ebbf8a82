namespace Graft.Heads;

/// <summary>From token states to a text's vector.</summary>
public enum EmbeddingPooling
{
    /// <summary>The mean of attended tokens.</summary>
    Mean,

    /// <summary>The first token.</summary>
    First,

    /// <summary>The last attended token.</summary>
    Last,

    /// <summary>The greatest value of attended tokens in each dimension.</summary>
    Max,

    /// <summary>The sum of attended tokens over the square root of their number.</summary>
    MeanSqrtLength,

    /// <summary>The mean of attended tokens, the n-th of them counted n times.</summary>
    WeightedMean,
}
