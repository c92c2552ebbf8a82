using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Heads;

/// <summary>
/// A term of a loss: the sum over what it counts, so that micro-batches add up exactly. Sum ÷ count is the published mean.
/// </summary>
/// <param name="Name">"loss", "mlm", "nsp" …</param>
/// <param name="Sum">A scalar with gradient.</param>
/// <param name="Count">The number of items in the sum.</param>
public sealed record LossTerm(string Name, Tensor Sum, double Count)
{
    /// <summary>
    /// The loss of a batch: Σ sum ÷ count over its terms. A term that counts nothing is not a number, as in the reference.
    /// </summary>
    public static Tensor Total(IReadOnlyList<LossTerm> terms) => terms.Select(term => term.Sum / term.Count).Aggregate((a, b) => a + b);
}

/// <summary>What a batch's outputs are measured against; each head reads what it needs.</summary>
public sealed record Targets
{
    /// <summary>
    /// Classes int64 [B], tags or token ids int64 [B, T] (−100 does not count), numbers or label flags fp32 [B] or [B, labels].
    /// </summary>
    public Tensor? Labels { get; init; }

    /// <summary>1 where the sentence pair is the wrong one (BERT: not the next; ALBERT: swapped), int64 [B].</summary>
    public Tensor? SentenceLabels { get; init; }

    /// <summary>First token of the answer, int64 [B]; outside 0 … T − 1 does not count.</summary>
    public Tensor? StartPositions { get; init; }

    /// <summary>Last token of the answer, int64 [B].</summary>
    public Tensor? EndPositions { get; init; }

    /// <summary>Columns just outside each masked span, int64 [B, spans, 2]; unused pairs are (0, 0).</summary>
    public Tensor? Pairs { get; init; }

    /// <summary>Original ids of the span's tokens, int64 [B, spans, positions]; −100 does not count.</summary>
    public Tensor? PairTargets { get; init; }
}

/// <summary>Scores of a head, before any softmax.</summary>
public sealed record HeadOutput
{
    /// <summary>
    /// Classes [B, classes], tags [B, T, tags], vocabulary [B, T, V], choices [B, choices], replaced [B, T], vectors [B, D].
    /// </summary>
    public Tensor? Logits { get; init; }

    /// <summary>The sentence pair's judgement, [B, 2].</summary>
    public Tensor? SentenceLogits { get; init; }

    /// <summary>Scores of being the answer's first token, [B, T].</summary>
    public Tensor? StartLogits { get; init; }

    /// <summary>Scores of being the answer's last token, [B, T].</summary>
    public Tensor? EndLogits { get; init; }

    /// <summary>Vocabulary scores of the tokens in masked spans, [B, spans, positions, V].</summary>
    public Tensor? PairLogits { get; init; }
}
