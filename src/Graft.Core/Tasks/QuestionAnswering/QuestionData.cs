using Graft.Data;

namespace Graft.Tasks.QuestionAnswering;

/// <summary>Questions about texts.</summary>
internal sealed record QuestionData(string Path, IReadOnlyList<Question> Questions, IReadOnlyList<BadRow> BadRows) : TaskData(Path, BadRows)
{
    /// <summary>True when some question has no answer in its text (SQuAD 2.0).</summary>
    public bool HasUnanswerable => Questions.Any(question => question.IsImpossible);

    /// <inheritdoc/>
    public override int Count => Questions.Count;

    /// <inheritdoc/>
    public override string TextOf(int example) => Questions[example].Text;

    /// <inheritdoc/>
    public override string FirstTextOf(int example) => Questions[example].Text;

    /// <inheritdoc/>
    public override string? PairOf(int example) => Questions[example].Context;

    /// <inheritdoc/>
    public override string PlaceOf(int example) => $"{Path} line {Questions[example].Line}, question {Questions[example].Id}";

    /// <inheritdoc/>
    public override long RowOf(int example) => Questions[example].Row;

    /// <inheritdoc/>
    public override string? IdOf(int example) => Questions[example].Id;

    /// <inheritdoc/>
    public override TaskData Take(IReadOnlyList<int> examples) => this with { Questions = [.. examples.Select(i => Questions[i])] };
}
