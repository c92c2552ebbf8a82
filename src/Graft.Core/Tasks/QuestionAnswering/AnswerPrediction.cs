using System.Text.Json.Nodes;
using Graft.Data;

namespace Graft.Tasks.QuestionAnswering;

/// <summary>A part of the text that may be the answer.</summary>
/// <param name="Text">An exact part of the context; empty for "no answer".</param>
/// <param name="Start">UTF-16 offset of its beginning.</param>
/// <param name="End">The offset after its end.</param>
/// <param name="Score">The sum of the raw start and end scores.</param>
/// <param name="Probability">Softmax of the scores over the candidates.</param>
public sealed record AnswerCandidate(string Text, int Start, int End, double Score, double Probability);

/// <summary>The answer to a question.</summary>
/// <param name="Id">The question's id.</param>
/// <param name="Best">The answer given.</param>
/// <param name="NullDifference">Score of "no answer" minus that of the best answer: above the threshold there is none.</param>
/// <param name="Candidates">The best answers, best first.</param>
public sealed record AnswerPrediction(string Id, AnswerCandidate Best, double NullDifference, IReadOnlyList<AnswerCandidate> Candidates)
    : Prediction
{
    /// <summary>The best candidate that is an answer, whether or not it is given; null where there is none.</summary>
    public AnswerCandidate? BestAnswer => Candidates.FirstOrDefault(candidate => candidate.Text.Length > 0);

    /// <inheritdoc/>
    public override string Answer => Best.Text;

    /// <inheritdoc/>
    public override JsonNode? Details => ToJson();

    /// <inheritdoc/>
    public override double? Confidence => Best.Probability;

    /// <summary>What the offsets of answers count: <c>utf16</c> units or <c>codepoint</c>s.</summary>
    public string Offsets { get; init; } = "utf16";

    /// <inheritdoc/>
    public override Prediction InCodePoints(string? context)
    {
        if (context is null)
            return this;
        AnswerCandidate Counted(AnswerCandidate answer) =>
            answer with
            {
                Start = CodePoints.FromUtf16(context, answer.Start),
                End = CodePoints.FromUtf16(context, answer.End),
            };
        return this with { Best = Counted(Best), Candidates = [.. Candidates.Select(Counted)], Offsets = "codepoint" };
    }

    /// <inheritdoc/>
    public override JsonObject ToJson()
    {
        JsonObject json = ToJson(Best);
        json.Insert(0, "id", Id);
        json["offsets"] = Offsets;
        json["null_difference"] = Math.Round(NullDifference, 6);
        json["candidates"] = new JsonArray([.. Candidates.Select(candidate => (JsonNode?)ToJson(candidate))]);
        return json;
    }

    private static JsonObject ToJson(AnswerCandidate answer) => new()
    {
        ["answer"] = answer.Text,
        ["start"] = answer.Start,
        ["end"] = answer.End,
        ["score"] = Math.Round(answer.Score, 6),
        ["probability"] = Math.Round(answer.Probability, 6),
    };
}
