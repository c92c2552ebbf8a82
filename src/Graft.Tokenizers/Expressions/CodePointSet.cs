using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Expressions;

/// <summary>A set of code points as ranges that neither touch nor overlap, in order.</summary>
internal sealed class CodePointSet
{
    private readonly (int First, int Last)[] _ranges;

    private CodePointSet((int First, int Last)[] ranges) => _ranges = ranges;

    /// <summary>The set of nothing.</summary>
    public static CodePointSet Empty { get; } = new([]);

    /// <summary>Every code point.</summary>
    public static CodePointSet Everything { get; } = new([(0, CodePoint.Max)]);

    public ReadOnlySpan<(int First, int Last)> Ranges => _ranges;

    public static CodePointSet Of(int codePoint) => Range(codePoint, codePoint);

    public static CodePointSet Range(int first, int last) => new([(first, last)]);

    /// <summary>The union of ranges in any order.</summary>
    public static CodePointSet Of(IEnumerable<(int First, int Last)> ranges)
    {
        List<(int First, int Last)> joined = [];
        foreach ((int first, int last) in ranges.OrderBy(range => range.First))
        {
            if (joined.Count > 0 && first <= joined[^1].Last + 1) joined[^1] = (joined[^1].First, Math.Max(joined[^1].Last, last));
            else joined.Add((first, last));
        }

        return new([.. joined]);
    }

    /// <summary>The code points a condition holds for.</summary>
    public static CodePointSet Where(Func<int, bool> condition)
    {
        List<(int First, int Last)> ranges = [];
        for (int codePoint = 0, first = -1; codePoint <= CodePoint.Max + 1; codePoint++)
        {
            bool holds = codePoint <= CodePoint.Max && condition(codePoint);
            if (holds && first < 0) first = codePoint;
            if (holds || first < 0) continue;
            ranges.Add((first, codePoint - 1));
            first = -1;
        }

        return new([.. ranges]);
    }

    public CodePointSet Union(CodePointSet other) => Of(_ranges.Concat(other._ranges));

    public CodePointSet Negate()
    {
        List<(int First, int Last)> gaps = [];
        int next = 0;
        foreach ((int first, int last) in _ranges)
        {
            if (next < first) gaps.Add((next, first - 1));
            next = last + 1;
        }

        if (next <= CodePoint.Max) gaps.Add((next, CodePoint.Max));
        return new([.. gaps]);
    }

    public CodePointSet Intersect(CodePointSet other) => Negate().Union(other.Negate()).Negate();

    public bool Contains(int codePoint)
    {
        int low = 0;
        int high = _ranges.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (codePoint < _ranges[middle].First) high = middle - 1;
            else if (codePoint > _ranges[middle].Last) low = middle + 1;
            else return true;
        }

        return false;
    }
}
