namespace Graft.Data;

/// <summary>A prompt with choices, one of which is right.</summary>
internal sealed record MultipleChoiceExample
{
    /// <value>What stands before the choices: the context, or the question where there is no context.</value>
    public required string Prompt { get; init; }

    /// <value>The question about the context, put before each choice; empty where there is none.</value>
    public string Question { get; init; } = "";

    /// <value>The choices, at least two.</value>
    public required IReadOnlyList<string> Choices { get; init; }

    /// <value>The index of the right choice, from 0; −1 when it is not known.</value>
    public int Label { get; init; } = -1;

    /// <value>The line in the file, from 1.</value>
    public long Line { get; init; }

    /// <value>The number of the record in its file, from 1.</value>
    public long Row { get; init; }

    /// <value>What the file's id column says; null where it has none.</value>
    public string? Id { get; init; }
}

/// <summary>The examples of a file and what could not be used of it.</summary>
/// <param name="Path">The file, as it was named.</param>
/// <param name="Examples">The sound examples, in order.</param>
/// <param name="BadRows">The others, by line.</param>
/// <param name="Interpretation">How the file was read.</param>
internal sealed record MultipleChoiceFile(
    string Path,
    IReadOnlyList<MultipleChoiceExample> Examples,
    IReadOnlyList<BadRow> BadRows,
    Interpretation Interpretation
);
