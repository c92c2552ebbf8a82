namespace Graft.Backbones;

/// <summary>What the scores of a published cross-encoder go through.</summary>
public enum OutputActivation
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>1 / (1 + e^−x): between 0 and 1.</summary>
    Sigmoid,

    /// <summary>tanh(x): between −1 and 1.</summary>
    Tanh,

    /// <summary>max(x, 0).</summary>
    Relu,
}
