using System.Runtime.InteropServices;

namespace Graft.Data.Tagging;

/// <summary>A tag that cannot stand where it stands.</summary>
/// <param name="Index">The token.</param>
/// <param name="Problem">What is wrong with it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TagProblem(int Index, string Problem);

/// <summary>Recognises, converts and checks tagging schemes.</summary>
internal static class TagSchemes
{
    private const string Prefixes = "BIOESLU";

    // A slip of the finger (0 for O) makes a file of entities no file of anything else.
    private const double MarkingShare = 0.9;

    /// <summary>
    /// The scheme a set of sentences is tagged in; <see cref="TagScheme.None"/> for tags that mark no entities. A few odd tags among many
    /// are passed over: <see cref="Problems"/> names them.
    /// </summary>
    public static TagScheme Detect(IEnumerable<IReadOnlyList<string>> sentences)
    {
        bool[] seen = new bool[128];
        long openedByInside = 0, openedByBegin = 0, closedByInside = 0, closedByEnd = 0, odd = 0, all = 0;
        foreach (IReadOnlyList<string> tags in sentences)
        {
            Tag previous = Tag.Outside;
            for (int i = 0; i < tags.Count; i++)
            {
                all++;
                if (!MarksEntities(tags[i]))
                {
                    odd++;
                    previous = Tag.Outside;
                    continue;
                }

                Tag tag = Tag.Parse(tags[i]);
                Tag next = i + 1 < tags.Count && MarksEntities(tags[i + 1]) ? Tag.Parse(tags[i + 1]) : Tag.Outside;
                seen[tag.Prefix] = true;
                bool opens = previous.Prefix == 'O' || previous.Type != tag.Type;
                bool closes = next.Prefix == 'O' || next.Type != tag.Type;
                if (tag.Prefix == 'I' && opens) openedByInside++;
                if (tag.Prefix == 'B' && opens) openedByBegin++;
                if (tag.Prefix == 'I' && closes) closedByInside++;
                if (tag.Prefix == 'E' && closes) closedByEnd++;
                previous = tag;
            }
        }

        if (all - odd < MarkingShare * all) return TagScheme.None;
        if (seen['L'] || seen['U']) return TagScheme.Bilou;
        if (seen['S'] || (seen['E'] && seen['B'])) return TagScheme.Iobes;
        if (seen['E']) return closedByEnd >= closedByInside ? TagScheme.Ioe2 : TagScheme.Ioe1;
        if (!seen['B'] && !seen['I']) return TagScheme.None;
        return openedByInside > openedByBegin ? TagScheme.Iob1 : TagScheme.Iob2;
    }

    /// <summary>The entities of one sentence, read leniently: what is malformed is understood as conlleval understands it.</summary>
    public static IReadOnlyList<EntitySpan> Entities(IReadOnlyList<string> tags, TagScheme scheme) =>
        LenientDecoder.Decode([
            .. tags.Select(tag =>
                scheme != TagScheme.None && !MarksEntities(tag) ? "O"
                : scheme == TagScheme.Bilou ? ToIobes(tag)
                : tag
            ),
        ]);

    /// <summary>The scheme's name as the field writes it: <c>IOB2</c>, <c>BIOES</c> …; null for none.</summary>
    public static string? NameOf(TagScheme scheme) => scheme switch
    {
        TagScheme.None => null,
        TagScheme.Iobes => "BIOES",
        _ => scheme.ToString().ToUpperInvariant(),
    };

    /// <summary>The scheme of a name; null for an unknown one.</summary>
    public static TagScheme? Named(string? name) =>
        name == "BIOES" ? TagScheme.Iobes
        : Enum.TryParse(name, ignoreCase: true, out TagScheme scheme) ? scheme
        : null;

    /// <summary>The tags in IOB2.</summary>
    /// <example>IOB1 <c>I-PER B-PER O</c> → <c>B-PER B-PER O</c>; BILOU <c>U-LOC</c> → <c>B-LOC</c></example>
    public static IReadOnlyList<string> ToIob2(IReadOnlyList<string> tags, TagScheme scheme)
    {
        if (scheme == TagScheme.None) return tags;
        string[] result = new string[tags.Count];
        Array.Fill(result, "O");
        foreach (EntitySpan entity in Entities(tags, scheme))
        {
            for (int i = entity.Start; i < entity.End; i++) result[i] = (i == entity.Start ? "B-" : "I-") + entity.Type;
        }

        return result;
    }

    /// <summary>The tags that break their scheme; none for well-formed sentences.</summary>
    /// <example>IOB2 <c>O I-LOC</c> → token 1: "I-LOC" follows "O" …</example>
    public static IReadOnlyList<TagProblem> Problems(IReadOnlyList<string> tags, TagScheme scheme)
    {
        List<TagProblem> problems = [];
        if (scheme == TagScheme.None) return problems;
        for (int i = 0; i < tags.Count; i++)
        {
            if (!MarksEntities(tags[i]))
            {
                problems.Add(new TagProblem(i, $"\"{tags[i]}\" is no tag of an entity scheme"));
                continue;
            }

            Tag tag = Tag.Parse(tags[i]);
            string before = i > 0 ? tags[i - 1] : "O";
            string after = i + 1 < tags.Count ? tags[i + 1] : "O";
            if (NeedsBefore(tag, scheme) is { } earlier && !Fits(before, tag, earlier))
                problems.Add(new TagProblem(i, $"\"{tags[i]}\" follows \"{before}\", not a tag that opens {tag.Type}"));
            else if (NeedsAfter(tag, scheme) is { } later && !Fits(after, tag, later))
                problems.Add(new TagProblem(i, $"\"{tags[i]}\" is followed by \"{after}\", not by a tag that closes {tag.Type}"));
        }

        return problems;
    }

    /// <summary>True for <c>O</c>, a prefix alone, and a prefix with a hyphen behind it.</summary>
    internal static bool MarksEntities(string tag) =>
        tag == "O" || (tag.Length > 0 && Prefixes.Contains(tag[0], StringComparison.Ordinal) && (tag.Length == 1 || tag[1] == '-'));

    private static bool Fits(string neighbour, Tag tag, string prefixes)
    {
        Tag other = Tag.Parse(neighbour);
        return prefixes.Contains(other.Prefix, StringComparison.Ordinal) && other.Type == tag.Type;
    }

    /// <summary>The prefixes one of which must stand before the tag, with its type; null when anything may.</summary>
    private static string? NeedsBefore(Tag tag, TagScheme scheme) => (scheme, tag.Prefix) switch
    {
        (TagScheme.Iob2, 'I') => "BI",
        (TagScheme.Iobes, 'I' or 'E') => "BI",
        (TagScheme.Bilou, 'I' or 'L') => "BI",
        (TagScheme.Iob1, 'B') => "BI",
        _ => null,
    };

    /// <summary>The prefixes one of which must stand after the tag, with its type; null when anything may.</summary>
    private static string? NeedsAfter(Tag tag, TagScheme scheme) => (scheme, tag.Prefix) switch
    {
        (TagScheme.Ioe2, 'I') => "IE",
        (TagScheme.Iobes, 'B' or 'I') => "IE",
        (TagScheme.Bilou, 'B' or 'I') => "IL",
        (TagScheme.Ioe1, 'E') => "IE",
        _ => null,
    };

    private static string ToIobes(string tag) => tag.Length == 0 ? tag : tag[0] switch
    {
        'L' => "E" + tag[1..],
        'U' => "S" + tag[1..],
        _ => tag,
    };
}
