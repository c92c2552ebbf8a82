using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.PostProcessors;

/// <summary>Trims offsets so that they leave out the spaces a token carries.</summary>
/// <param name="AddPrefixSpace">The pre-tokenizer puts a space before the text: a single leading space of a first token was never in it.</param>
internal sealed record OffsetTrimming(bool AddPrefixSpace)
{
    // What a space looks like in a byte-level token.
    private const char ByteLevelSpace = 'Ġ';

    /// <summary>Trims every offset of an encoding.</summary>
    public void Apply(Encoding encoding)
    {
        for (int i = 0; i < encoding.Length; i++)
        {
            string token = encoding.Tokens[i];
            int leading = CountLeading(token);
            int trailing = CountTrailing(token);
            encoding.Offsets[i] = Trim(encoding.Offsets[i], leading, trailing, isFirst: i == 0);
        }
    }

    /// <summary>Trims every offset of a buffer.</summary>
    public void Apply(TokenBuffer buffer, Func<int, string?> tokenOf)
    {
        Span<TextRange> offsets = buffer.EditableOffsets;
        for (int i = 0; i < offsets.Length; i++)
        {
            if (tokenOf(buffer.Ids[i]) is string token && IsSpace(token[0]) | IsSpace(token[^1])) offsets[i] = Trim(offsets[i], CountLeading(token), CountTrailing(token), isFirst: i == 0);
        }
    }

    private TextRange Trim(TextRange range, int leading, int trailing, bool isFirst)
    {
        (int start, int end) = range;
        bool wasAdded = AddPrefixSpace && leading == 1 && (isFirst || start == 0);
        if (leading > 0 && !wasAdded) start = Math.Min(start + leading, end);
        if (trailing > 0 && end >= trailing) end = Math.Max(end - trailing, start);
        return new(start, end);
    }

    private static int CountLeading(string token)
    {
        int count = 0;
        while (count < token.Length && IsSpace(token[count])) count++;
        return count;
    }

    private static int CountTrailing(string token)
    {
        int count = 0;
        while (count < token.Length && IsSpace(token[^(count + 1)])) count++;
        return count;
    }

    private static bool IsSpace(char unit) => unit == ByteLevelSpace || CodePoint.IsWhiteSpace(unit);
}
