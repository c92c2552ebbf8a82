namespace Graft.Data.Tagging;

/// <summary>
/// Entities as conlleval and seqeval's default find them, whatever the scheme and however malformed: an <c>I-X</c> without an open X opens
/// one, a change of type closes one.
/// </summary>
/// <example><c>O I-PER I-PER I-LOC</c> → PER at 1..3, LOC at 3..4</example>
internal static class LenientDecoder
{
    /// <summary>The entities of one sentence.</summary>
    public static List<EntitySpan> Decode(IReadOnlyList<string> tags)
    {
        List<EntitySpan> entities = [];
        Tag previous = Tag.Outside;
        int start = 0;
        for (int i = 0; i <= tags.Count; i++)
        {
            Tag tag = i < tags.Count ? Tag.Parse(tags[i]) : Tag.Outside;
            if (Closes(previous, tag)) entities.Add(new EntitySpan(previous.Type, start, i));
            if (Opens(previous, tag)) start = i;
            previous = tag;
        }

        return entities;
    }

    private static bool Closes(Tag previous, Tag tag) => previous.Prefix switch
    {
        'E' or 'S' => true,
        'B' or 'I' when tag.Prefix is 'B' or 'S' or 'O' => true,
        'O' or '.' => false,
        _ => previous.Type != tag.Type,
    };

    private static bool Opens(Tag previous, Tag tag) => tag.Prefix switch
    {
        'B' or 'S' => true,
        'E' or 'I' when previous.Prefix is 'E' or 'S' or 'O' => true,
        'O' or '.' => false,
        _ => previous.Type != tag.Type,
    };
}
