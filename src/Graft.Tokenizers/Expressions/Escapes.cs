namespace Graft.Tokenizers.Expressions;

/// <summary>What a backslash and the letters after it mean, inside and outside of brackets.</summary>
internal static class Escapes
{
    /// <summary>Reads <c>d</c>, <c>p{Lu}</c> … after the backslash; null, with nothing read, when a single character is meant.</summary>
    public static CodePointSet? ReadSet(ExpressionReader reader, bool inBrackets)
    {
        char kind = reader.Peek();
        CodePointSet? set = kind switch
        {
            'd' or 'D' => NamedSets.DecimalDigit,
            's' or 'S' => NamedSets.WhiteSpace,
            'w' or 'W' => inBrackets ? NamedSets.Posix("word") : NamedSets.Word,
            'h' or 'H' => NamedSets.HexDigit,
            'p' or 'P' when reader.Peek(1) == '{' => CodePointSet.Empty,
            _ => null,
        };
        if (set is null) return null;
        reader.Next();
        if (kind is not ('p' or 'P')) return char.IsAsciiLetterUpper(kind) ? set.Negate() : set;
        reader.Expect("{");
        bool isNegated = reader.Take("^") != (kind == 'P');
        string name = reader.Until("}");
        set = NamedSets.Property(name) ?? throw reader.Error($"no set of characters is called \"{name}\"");
        return isNegated ? set.Negate() : set;
    }

    /// <summary>Reads a single character after the backslash.</summary>
    public static int ReadCharacter(ExpressionReader reader)
    {
        if (reader.Peek() is >= '0' and <= '7') return reader.Number(3, radix: 8)!.Value;
        int codePoint = reader.Next();
        switch (codePoint)
        {
            case 't': return '\t';
            case 'n': return '\n';
            case 'r': return '\r';
            case 'f': return '\f';
            case 'v': return '\v';
            case 'a': return '\a';
            case 'e': return '\x1B';
            case 'x' when reader.Take("{"):
                int code = reader.Number(8, isHex: true) ?? throw reader.Error("a hexadecimal number is missing");
                reader.Expect("}");
                return code;
            case 'x': return reader.Number(2, isHex: true) ?? throw reader.Error("a hexadecimal number is missing");
            case 'u': return reader.Number(4, isHex: true) ?? throw reader.Error("a hexadecimal number is missing");
            case '8' or '9' or 'c' or 'C' or 'M' or 'Q':
                throw reader.Error($"\\{(char)codePoint} is not supported");
            default: return codePoint;
        }
    }
}
