namespace Graft.Data.Tagging;

/// <summary>
/// Entities as seqeval's strict mode finds them: only sequences that are well-formed in the scheme count. Each scheme is three lists of
/// transitions from the token before: those that begin an entity, go on with it, and end it.
/// </summary>
/// <example>IOB2: <c>B-PER I-PER O I-LOC</c> → PER at 0..2 only; the I-LOC has no beginning</example>
internal sealed class StrictDecoder
{
    private readonly TagScheme _scheme;
    private readonly string _prefixes;
    private readonly Transition[] _begins;
    private readonly Transition[] _continues;
    private readonly Transition[] _ends;

    private StrictDecoder(TagScheme scheme, string prefixes, Transition[] begins, Transition[] continues, Transition[] ends) =>
        (_scheme, _prefixes, _begins, _continues, _ends) = (scheme, prefixes, begins, continues, ends);

    private enum Types
    {
        Any,
        Same,
        Different,
    }

    /// <summary>The decoder of a scheme.</summary>
    /// <exception cref="ArgumentException">The scheme marks no entities.</exception>
    public static StrictDecoder For(TagScheme scheme) => scheme switch
    {
        TagScheme.Iob1 => new(scheme, "IOB",
            [new("O", "I"), new("I", "I", Types.Different), new("B", "I"), new("I", "B", Types.Same), new("B", "B", Types.Same)],
            [new("BI", "I", Types.Same)],
            [new("BI", "I", Types.Different), new("BI", "O"), new("I", "B"), new("B", "B", Types.Same)]),
        TagScheme.Iob2 => new(scheme, "IOB",
            [new("IOB", "B")],
            [new("BI", "I", Types.Same)],
            [new("BI", "OB"), new("BI", "I", Types.Different)]),
        TagScheme.Ioe1 => new(scheme, "IOE",
            [new("O", "I"), new("I", "I", Types.Different), new("E", "I"), new("E", "E", Types.Same)],
            [new("I", "IE", Types.Same)],
            [new("I", "IE", Types.Different), new("I", "O"), new("E", "IE", Types.Same)]),
        TagScheme.Ioe2 => new(scheme, "IOE",
            [new("OE", "IE"), new("I", "IE", Types.Different)],
            [new("I", "IE", Types.Same)],
            [new("E", "IOE")]),
        TagScheme.Iobes => Bounded(scheme, 'E', 'S'),
        TagScheme.Bilou => Bounded(scheme, 'L', 'U'),
        _ => throw new ArgumentException($"The scheme {scheme} marks no entities.", nameof(scheme)),
    };

    /// <summary>The entities of one sentence.</summary>
    /// <exception cref="InputException">A tag does not belong to the scheme.</exception>
    public List<EntitySpan> Decode(IReadOnlyList<string> tags)
    {
        Tag[] padded = [.. tags.Select(Known), Tag.Outside];
        List<EntitySpan> entities = [];
        Tag previous = Tag.Outside;
        for (int i = 0; i < padded.Length; previous = padded[i - 1])
        {
            int start = i++;
            if (!Matches(_begins, previous, padded[start])) continue;
            while (i < tags.Count && Matches(_continues, padded[i - 1], padded[i])) i++;
            if (Matches(_ends, padded[i - 1], padded[i])) entities.Add(new EntitySpan(padded[start].Type, start, i));
        }

        return entities;
    }

    private static StrictDecoder Bounded(TagScheme scheme, char last, char single)
    {
        string all = $"OBI{last}{single}";
        return new(scheme, all,
            [new(all, $"B{single}")],
            [new("BI", $"I{last}", Types.Same)],
            [new($"{last}{single}", all)]);
    }

    private static bool Matches(Transition[] transitions, Tag previous, Tag tag) =>
        Array.Exists(transitions, transition => transition.Matches(previous, tag));

    private Tag Known(string text)
    {
        Tag tag = Tag.Parse(text);
        return _prefixes.Contains(tag.Prefix, StringComparison.Ordinal)
            ? tag
            : throw new InputException($"the tag \"{text}\" does not belong to the scheme {_scheme.ToString().ToUpperInvariant()}");
    }

    private sealed record Transition(string From, string To, Types Types = Types.Any)
    {
        public bool Matches(Tag previous, Tag tag) =>
            From.Contains(previous.Prefix, StringComparison.Ordinal) && To.Contains(tag.Prefix, StringComparison.Ordinal)
            && (Types == Types.Any || Types == Types.Same == (previous.Type == tag.Type));
    }
}
