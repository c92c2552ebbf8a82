namespace Graft.Tokenizers;

/// <summary>A half-open range of the original text, in the unit the encoding was asked for (<see cref="OffsetUnit"/>).</summary>
/// <param name="Start">The first unit.</param>
/// <param name="End">One past the last unit.</param>
public readonly record struct TextRange(int Start, int End)
{
    /// <summary>The number of units.</summary>
    public int Length => End - Start;
}
