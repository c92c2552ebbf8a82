namespace Graft.Inference;

/// <summary>A scorer that reads texts by itself, without anything being allocated for one.</summary>
internal interface ITextVectors
{
    /// <summary>Writes the vector of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxLength">The most tokens that count.</param>
    /// <param name="vector">Written: one value for each dimension.</param>
    /// <param name="wasCut">The text was longer.</param>
    /// <returns>The tokens that were read.</returns>
    int Embed(ReadOnlySpan<char> text, int maxLength, Span<float> vector, out bool wasCut);
}
