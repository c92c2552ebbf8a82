namespace Graft.Tasks;

/// <summary>What development data decided after training. The weights do not know it, so <c>graft.json</c> keeps it beside them.</summary>
public sealed record Decisions
{
    /// <summary>Several labels: from which probability on a label is given; null: 0.5.</summary>
    public double? Threshold { get; init; }

    /// <summary>
    /// Questions: "no answer" is given where its score is above the best answer's by more than this; null: every question has an answer.
    /// </summary>
    public double? NoAnswerThreshold { get; init; }

    /// <summary>Classes: what logits are divided by so that confidence means what it says (Guo et al. 2017); null: not fitted.</summary>
    public double? Temperature { get; init; }

    /// <summary>Below which confidence an answer is unsure; null: that was not asked for.</summary>
    internal Abstention? Abstain { get; init; }

    /// <summary>One line for people.</summary>
    internal string Describe() =>
        string.Join(
            ", ",
            new (string Name, double? Value)[]
            {
                ("threshold", Threshold),
                ("no-answer threshold", NoAnswerThreshold),
                ("temperature", Temperature),
            }
                .Where(decision => decision.Value is not null)
                .Select(decision => FormattableString.Invariant($"{decision.Name} {decision.Value:0.####}"))
                .Concat(Abstain is null ? [] : [Abstain.Describe()])
        );
}
