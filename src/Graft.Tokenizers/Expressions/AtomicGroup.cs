namespace Graft.Tokenizers.Expressions;

/// <summary>
/// Possessive repeats and atomic groups without a search of their own: what <c>C++</c> matches ends where no <c>C</c> follows, so that
/// it is <c>C+(?!C)</c>.
/// </summary>
internal static class AtomicGroup
{
    private const int MostRepeats = 100;

    /// <summary>A node that matches what a group matches at first and never anything else; null where that takes more than this.</summary>
    public static Node? Of(Node node) => node switch
    {
        Characters or Look => node,
        Choice { Alternatives: var alternatives } when alternatives.All(alternative => alternative is Characters) =>
            new Characters(CodePointSet.Of(alternatives.SelectMany(alternative => ((Characters)alternative).Set.Ranges.ToArray()))),
        Sequence { Parts.Count: 0 } => node,

            // Before the last part there must be no choice.
            Sequence { Parts: var parts } when parts.SkipLast(1).All(part => part is Characters or Look) && Of(parts[^1]) is Node last =>
                new Sequence([.. parts.SkipLast(1), last]),
            Repeat { Part: Characters characters } repeat => Of(repeat, characters),
            _ => null,
        };

    private static Node? Of(Repeat repeat, Characters characters)
    {
        if (repeat.IsLazy) return new Repeat(characters, repeat.Least, repeat.Least, IsLazy: false);
        if (repeat.Most is not int most) return new Sequence([repeat, Node.Unless(characters.Set)]);
        if (most - repeat.Least > MostRepeats) return null;

        // C{0,2} → C(C|(?!C))|(?!C)
        Node tail = Node.Nothing;
        for (int i = repeat.Least; i < most; i++) tail = new Choice([new Sequence([characters, tail]), Node.Unless(characters.Set)]);
        return new Sequence([repeat with { Most = repeat.Least }, tail]);
    }
}
