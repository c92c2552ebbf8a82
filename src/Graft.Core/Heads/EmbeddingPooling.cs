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
}
