namespace Graft.Tokenizers.Expressions;

/// <summary>
/// Reads a set in brackets: ranges, escapes, <c>[:alpha:]</c>, sets within sets, <c>&amp;&amp;</c> for what both sides have.
/// </summary>
internal static class BracketParser
{
    private const int MostNested = 50;

    /// <summary>Reads what follows the opening bracket, and the closing one.</summary>
    public static Node Read(ExpressionReader reader, bool ignoreCase)
    {
        bool isNegated = reader.Take("^");
        CodePointSet set = ReadInner(reader, depth: 0);
        if (isNegated) return new Characters((ignoreCase ? CaseFolding.Close(set) : set).Negate());
        return ignoreCase ? CaseFolding.Of(set) : new Characters(set);
    }

    private static CodePointSet ReadInner(ExpressionReader reader, int depth)
    {
        if (depth > MostNested) throw reader.Error("brackets are nested too deeply");
        CodePointSet? intersected = null;
        List<CodePointSet> parts = [];
        for (bool isFirst = true; isFirst || reader.Peek() != ']'; isFirst = false)
        {
            if (reader.Take("&&"))
            {
                intersected = Intersected();
                parts.Clear();
            }
            else
            {
                parts.Add(ReadPart(reader, depth));
            }
        }

        reader.Expect("]");
        return Intersected();

        CodePointSet Intersected()
        {
            CodePointSet union = CodePointSet.Of(parts.SelectMany(part => part.Ranges.ToArray()));
            return intersected is null ? union : intersected.Intersect(union);
        }
    }

    private static CodePointSet ReadPart(ExpressionReader reader, int depth)
    {
        if (reader.Peek() == '[')
        {
            if (ReadPosix(reader) is CodePointSet named) return named;
            reader.Expect("[");
            bool isNegated = reader.Take("^");
            CodePointSet nested = ReadInner(reader, depth + 1);
            return isNegated ? nested.Negate() : nested;
        }

        if (ReadCharacter(reader, out int first) is CodePointSet set)
        {
            if (reader.Peek() == '-' && reader.Peek(1) != ']') throw reader.Error("a range cannot begin with a set");
            return set;
        }

        if (reader.Peek() != '-' || reader.Peek(1) == ']') return CodePointSet.Of(first);
        reader.Expect("-");
        if (reader.Peek() == '[' || reader.StartsWith("&&") || ReadCharacter(reader, out int last) is not null)
            throw reader.Error("a range cannot end with a set");
        return first <= last ? CodePointSet.Range(first, last) : throw reader.Error("a range goes backwards");
    }

    // A set like \d, or null and a single character.
    private static CodePointSet? ReadCharacter(ExpressionReader reader, out int codePoint)
    {
        codePoint = -1;
        if (!reader.Take("\\"))
        {
            codePoint = reader.Next();
            return null;
        }

        if (Escapes.ReadSet(reader, inBrackets: true) is CodePointSet set) return set;
        codePoint = reader.Take("b") ? '\b' : Escapes.ReadCharacter(reader);
        return null;
    }

    private static CodePointSet? ReadPosix(ExpressionReader reader)
    {
        int mark = reader.Mark();
        if (!reader.Take("[:")) return null;
        bool isNegated = reader.Take("^");
        int start = reader.Mark();
        while (char.IsAsciiLetter(reader.Peek())) reader.Next();
        int length = reader.Mark() - start;
        reader.Return(start);
        string name = string.Concat(Enumerable.Range(0, length).Select(_ => (char)reader.Next()));
        if (!reader.Take(":]"))
        {
            reader.Return(mark);
            return null;
        }

        CodePointSet set = NamedSets.Posix(name) ?? throw reader.Error($"no set of characters is called \"{name}\"");
        return isNegated ? set.Negate() : set;
    }
}
