namespace Graft.Tokenizers.Expressions;

/// <summary>A part of an expression. Everything an expression can say is made of these five.</summary>
internal abstract record Node
{
    /// <summary>What matches nothing but the empty string.</summary>
    public static Node Nothing { get; } = new Sequence([]);

    /// <summary>Holds where no code point of a set follows (or, looking behind, precedes).</summary>
    public static Node Unless(CodePointSet set, bool ahead = true) => new Look(new Characters(set), ahead, IsNegated: true);
}

/// <summary>One code point of a set.</summary>
internal sealed record Characters(CodePointSet Set) : Node;

/// <summary>One part after the other.</summary>
internal sealed record Sequence(IReadOnlyList<Node> Parts) : Node;

/// <summary>The first of the alternatives with which the rest of the expression matches too.</summary>
internal sealed record Choice(IReadOnlyList<Node> Alternatives) : Node;

/// <summary>A part as often as possible, or when lazy as seldom; <paramref name="Most"/> null for without limit.</summary>
internal sealed record Repeat(Node Part, int Least, int? Most, bool IsLazy) : Node;

/// <summary>A condition on what follows or precedes, which takes up no text itself.</summary>
internal sealed record Look(Node Part, bool IsAhead, bool IsNegated) : Node;
