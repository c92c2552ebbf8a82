using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Expressions;

/// <summary>Letters that are one without regard to case: <c>k</c>, <c>K</c> and the Kelvin sign.</summary>
internal static class CaseFolding
{
    private static readonly Lazy<Dictionary<int, int[]>> s_orbits = new(ReadOrbits);
    private static readonly Lazy<Dictionary<int, int[]>> s_many = new(() =>
        Lists(ExpressionTables.FoldsToMany.ToArray()).ToDictionary(list => list[0], list => list[1..])
    );

    /// <summary>A code point and those that differ from it in case alone.</summary>
    public static CodePointSet Variants(int codePoint) =>
        s_orbits.Value.TryGetValue(codePoint, out int[]? orbit)
            ? CodePointSet.Of(orbit.Select(member => (member, member)))
            : CodePointSet.Of(codePoint);

    /// <summary>A set with everything that differs from a member in case alone.</summary>
    public static CodePointSet Close(CodePointSet set) =>
        CodePointSet.Of(
            set.Ranges.ToArray()
                .Concat(
                    s_orbits
                        .Value.Where(entry => set.Contains(entry.Key))
                        .SelectMany(entry => entry.Value.Select(member => (member, member)))
                )
        );

    /// <summary>One code point of a set, or the several letters that a member of it is in the other case (<c>ß</c>, <c>ss</c>).</summary>
    public static Node Of(CodePointSet set)
    {
        set = Close(set);
        Node[] several = [.. s_many.Value.Where(entry => set.Contains(entry.Key)).Select(entry => Letters(entry.Value))];
        return several.Length == 0 ? new Characters(set) : new Choice([new Characters(set), .. several]);
    }

    /// <summary>
    /// Letters in a row, any of them in either case; several that have a single letter for them (<c>st</c>, <c>ﬆ</c>) may be that.
    /// </summary>
    public static IEnumerable<Node> Of(IEnumerable<int> letters)
    {
        int[] folded = [.. letters.SelectMany(letter => s_many.Value.GetValueOrDefault(letter, [letter]))];
        for (int i = 0; i < folded.Length;)
        {
            int[] several = s_many.Value.Values.Where(many => IsAt(folded, i, many)).MaxBy(many => many.Length) ?? [folded[i]];
            int[] single = [.. s_many.Value.Where(entry => entry.Value.AsSpan().SequenceEqual(several)).Select(entry => entry.Key)];
            yield return single.Length == 0
                ? Letters(several)
                : new Choice([Letters(several), new Characters(CodePointSet.Of(single.Select(letter => (letter, letter))))]);
            i += several.Length;
        }
    }

    private static bool IsAt(int[] letters, int start, int[] many) =>
        start + many.Length <= letters.Length && many.Index().All(part => Variants(letters[start + part.Index]).Contains(part.Item));

    private static Node Letters(int[] letters) =>
        letters.Length == 1
            ? new Characters(Variants(letters[0]))
            : new Sequence([.. letters.Select(letter => new Characters(Variants(letter)))]);

    private static Dictionary<int, int[]> ReadOrbits() =>
        Lists(ExpressionTables.Folds.ToArray())
            .SelectMany(orbit => orbit.Select(member => (member, orbit)))
            .ToDictionary(entry => entry.member, entry => entry.orbit);

    private static IEnumerable<int[]> Lists(int[] numbers)
    {
        for (int i = 0; i < numbers.Length; i += numbers[i] + 1) yield return numbers[(i + 1)..(i + 1 + numbers[i])];
    }
}
