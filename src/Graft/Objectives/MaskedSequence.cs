namespace Graft.Objectives;

/// <summary>
/// A corrupted sequence and what has to be restored. Only the chosen positions are kept: the head and the loss run on nothing else.
/// </summary>
/// <param name="Ids">The sequence as the model sees it.</param>
/// <param name="Positions">The chosen indices, ascending.</param>
/// <param name="Targets">The original token at each of them.</param>
internal sealed record MaskedSequence(int[] Ids, int[] Positions, int[] Targets)
{
    /// <summary>Corrupts the chosen positions, each drawing its own replacement.</summary>
    internal static MaskedSequence FromPositions(
        ReadOnlySpan<int> ids, int[] positions, MaskReplacement replacement, MaskingVocabulary vocabulary, ref CounterRandom random)
    {
        int[] corrupted = ids.ToArray();
        int[] targets = new int[positions.Length];
        for (int i = 0; i < positions.Length; i++)
        {
            int original = targets[i] = ids[positions[i]];
            corrupted[positions[i]] = MaskReplacement.Replace(replacement.DrawKind(ref random), original, vocabulary, ref random);
        }

        return new MaskedSequence(corrupted, positions, targets);
    }
}
