using Graft.Objectives;

namespace Graft.Pretraining;

/// <summary>A sequence after its objective has corrupted it, with everything that is to be predicted.</summary>
/// <param name="Ids">What the model sees.</param>
/// <param name="Positions">Indices that are predicted.</param>
/// <param name="Targets">The token at (or, causal, behind) each of them.</param>
public sealed record CorruptedSequence(int[] Ids, int[] Positions, int[] Targets)
{
    /// <summary>The tokens before corruption.</summary>
    public int[] Original { get; init; } = Ids;

    /// <summary>Segments; null for one.</summary>
    public int[]? TypeIds { get; init; }

    /// <summary>The sentence pair's label; −1 for none.</summary>
    public int PairLabel { get; init; } = -1;

    /// <summary>Predictions of the span-boundary objective.</summary>
    internal IReadOnlyList<SpanBoundaryPair> BoundaryPairs { get; init; } = [];

    /// <summary>The words in a teacher's tokens; null without a teacher of another vocabulary.</summary>
    internal WordAlignment? Alignment { get; init; }

    /// <summary>What an encoder-decoder writes; null for other families.</summary>
    internal int[]? DecoderTargets { get; init; }

    /// <summary>Makes the sequence of an objective that leaves the text as it is and predicts no token.</summary>
    internal static CorruptedSequence Whole(Sequences.TrainingSequence sequence) =>
        new(sequence.Ids, [], []) { TypeIds = sequence.TypeIds };

    /// <summary>Makes the sequence of an objective that masks.</summary>
    internal static CorruptedSequence Of(MaskedSequence masked, Sequences.TrainingSequence sequence) =>
        new(masked.Ids, masked.Positions, masked.Targets)
        {
            Original = sequence.Ids,
            TypeIds = sequence.TypeIds,
            PairLabel = sequence.PairLabel,
        };
}
