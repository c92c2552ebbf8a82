namespace Graft.Tokenizers.PostProcessors;

/// <summary>Trims offsets so that they leave out the spaces a token carries.</summary>
/// <param name="AddPrefixSpace">The pre-tokenizer puts a space before the text: a single leading space of a first token was never in
/// it.</param>
internal sealed record OffsetTrimming(bool AddPrefixSpace)
{
    /// <summary>Trims every offset of an encoding.</summary>
    public void Apply(TokenizedText encoding)
    {
        for (int i = 0; i < encoding.Length; i++)
        {
            (int leading, int trailing) = SpaceCount.In(encoding.Tokens[i]);
            encoding.Offsets[i] = Trim(encoding.Offsets[i], leading, trailing, isFirst: i == 0);
        }
    }

    /// <summary>
    /// Trims every offset of a buffer that holds the tokens of <paramref name="text"/>, but not its first <paramref name="skipped"/> ones.
    /// </summary>
    public void Apply(TokenBuffer buffer, int skipped, ReadOnlySpan<char> text, TokenSpaces spaces)
    {
        ReadOnlySpan<int> ids = buffer.Ids;
        Span<TextRange> offsets = buffer.EditableOffsets[..ids.Length];
        for (int i = skipped; i < ids.Length; i++)
        {
            SpaceCount count = spaces.Of(ids[i]);
            if (count.IsZero) continue;
            TextRange range = offsets[i];
            if (count.IsOneLeading && range.Start > 0 && range.Length > 0 && i != skipped)
            {
                offsets[i] = new(range.Start + 1, range.End); // most tokens: a word with the space before it
                continue;
            }

            (int leading, int trailing) = count.IsAskText ? SpaceCount.In(text[range.Start..range.End]) : (count.Leading, count.Trailing);
            offsets[i] = Trim(range, leading, trailing, isFirst: i == skipped);
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
}
