using System.Runtime.InteropServices;

namespace Graft.Data;

/// <summary>An answer as it stands in a context.</summary>
/// <param name="Text">The text, an exact part of the context.</param>
/// <param name="Start">The UTF-16 offset it starts at (files count code points; the reader converts).</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Answer(string Text, int Start);

/// <summary>A question about a text.</summary>
internal sealed record Question
{
    /// <value>The id that predictions and scores refer to.</value>
    public required string Id { get; init; }

    /// <value>The question.</value>
    public required string Text { get; init; }

    /// <value>The text that may hold the answer; shared by all questions about it.</value>
    public required string Context { get; init; }

    /// <value>The article's title; empty when the file has none.</value>
    public string Title { get; init; } = "";

    /// <value>The accepted answers; none for a question that has no answer, or whose answer is not known.</value>
    public IReadOnlyList<Answer> Answers { get; init; } = [];

    /// <value>True when the file says that the context does not answer the question.</value>
    public bool IsImpossible { get; init; }

    /// <value>The line its id stands in, from 1 (Parquet: the row).</value>
    public long Line { get; init; }

    /// <value>The number of the question in its file, from 1.</value>
    public long Row { get; init; }
}

/// <summary>The questions of a file and what could not be used of it.</summary>
/// <param name="Path">The file, as it was named.</param>
/// <param name="Questions">The sound questions, in order.</param>
/// <param name="BadRows">The others, by line and id.</param>
/// <param name="Interpretation">How the file was read.</param>
internal sealed record QuestionFile(
    string Path,
    IReadOnlyList<Question> Questions,
    IReadOnlyList<BadRow> BadRows,
    Interpretation Interpretation
)
{
    /// <summary>True when some question has no answer (SQuAD 2.0).</summary>
    public bool HasUnanswerable => Questions.Any(question => question.IsImpossible);
}
