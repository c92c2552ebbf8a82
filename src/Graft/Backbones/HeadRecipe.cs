using Graft.Torch;

namespace Graft.Backbones;

/// <summary>What a family's head is made of and what its checkpoints call the parts: data that the head classes build from.</summary>
public abstract record HeadRecipe;

/// <summary>dense → activation → norm.</summary>
/// <param name="Dense">Name of the matrix.</param>
/// <param name="Activation">After it.</param>
/// <param name="Width">The width of the result.</param>
public sealed record TransformRecipe(string Dense, Activation Activation, int Width)
{
    /// <summary>Whether the matrix has a bias.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Name of the norm; null for none.</summary>
    public string? Norm { get; init; }

    /// <summary>Whether the norm has a bias.</summary>
    public bool NormBias { get; init; } = true;

    /// <summary>Added to the norm's variance.</summary>
    public double Eps { get; init; } = 1e-12;

    /// <summary>Deviation of the first draws; null for the configuration's.</summary>
    public double? Deviation { get; init; }
}

/// <summary>Scores of the vocabulary: transform, then the word table (shared) and a bias.</summary>
/// <param name="Transform">Null for none (causal heads).</param>
/// <param name="Bias">Name of the bias; null for none.</param>
internal sealed record LanguageModelRecipe(TransformRecipe? Transform, string? Bias) : HeadRecipe
{
    /// <summary>Name of a matrix of its own; null where the word table is shared.</summary>
    public string? Decoder { get; init; }

    /// <summary>Deviation of that matrix's first draws; null for the configuration's.</summary>
    public double? DecoderDeviation { get; init; }

    /// <summary>States are multiplied by this first (T5 1.0).</summary>
    public double Scale { get; init; } = 1;

    /// <summary>Name of the classifier of the sentence pair, and the dropout before it; null for none.</summary>
    public (string Name, double Dropout)? Sentence { get; init; }

    /// <summary>The span-boundary head's sizes; null for none.</summary>
    public SpanBoundaryRecipe? SpanBoundary { get; init; }
}

/// <summary>SpanBERT's boundary head.</summary>
/// <param name="MaxTargets">Rows of the position table.</param>
/// <param name="PositionWidth">The width.</param>
internal sealed record SpanBoundaryRecipe(int MaxTargets, int PositionWidth);

/// <summary>From token states to what a classifier sees.</summary>
public enum HeadPooling
{
    /// <summary>Every token.</summary>
    None,

    /// <summary>The backbone's pooled state.</summary>
    Pooler,

    /// <summary>The first token.</summary>
    First,

    /// <summary>The mean of attended tokens.</summary>
    Mean,

    /// <summary>Every token is judged, and the mean of attended tokens' scores is the text's (EuroBERT's "late").</summary>
    MeanOfScores,

    /// <summary>The rightmost token whose id is not padding (GPT-2).</summary>
    LastNotPadding,

    /// <summary>The rightmost end-of-text token (T5); the last token of a text without one.</summary>
    LastEnd,
}

/// <summary>A classifier: pooling → dropout → transform → dropout → matrix.</summary>
/// <param name="Output">Name of the matrix.</param>
/// <param name="Pooling">What it sees.</param>
/// <param name="Dropout">Before the matrix.</param>
public sealed record ClassifierRecipe(string Output, HeadPooling Pooling, double Dropout) : HeadRecipe
{
    /// <summary>Before the matrix; null for none.</summary>
    public TransformRecipe? Transform { get; init; }

    /// <summary>Before the transform.</summary>
    public double TransformDropout { get; init; }

    /// <summary>Whether the matrix has a bias.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Deviation of the matrix's first draws; null for the configuration's.</summary>
    public double? Deviation { get; init; }
}
