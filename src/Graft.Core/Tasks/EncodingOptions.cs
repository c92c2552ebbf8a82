namespace Graft.Tasks;

/// <summary>How examples are cut into features.</summary>
public sealed record EncodingOptions
{
    /// <summary>The most tokens of a feature, special tokens included.</summary>
    /// <value>128</value>
    public int MaxLength { get; init; } = 128;

    /// <summary>How many tokens neighbouring windows of a long text share; null: a quarter of the length.</summary>
    public int? Stride { get; init; }

    /// <summary>Cut long texts off instead of reading them in windows.</summary>
    public bool Truncate { get; init; }

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        if (MaxLength < 8)
            throw new InputException($"max-length is {MaxLength}; it must be at least 8");
        if (Stride is < 0 || Stride >= MaxLength - 4)
            throw new InputException(
                $"stride is {Stride}; it must be 0 or more and smaller than max-length ({MaxLength}) by more than the special tokens"
            );
    }
}
