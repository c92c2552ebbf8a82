namespace Graft.Objectives;

/// <summary>
/// Causal language modelling: every token is predicted from those before it; nothing is corrupted.
/// <code>the cat sat  →  positions 0 1, targets cat sat</code>
/// </summary>
internal static class CausalLm
{
    /// <summary>The positions whose next token is predicted, and those tokens.</summary>
    /// <param name="ids">One sequence.</param>
    public static MaskedSequence Targets(ReadOnlySpan<int> ids)
    {
        int count = Math.Max(0, ids.Length - 1);
        int[] positions = new int[count];
        for (int i = 0; i < count; i++) positions[i] = i;
        return new MaskedSequence(ids.ToArray(), positions, count == 0 ? [] : ids[1..].ToArray());
    }
}
