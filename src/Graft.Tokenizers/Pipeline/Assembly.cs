using Graft.Tokenizers.PostProcessors;

namespace Graft.Tokenizers.Pipeline;

/// <summary>Puts the tokens of one text or two and the special tokens together.</summary>
internal static class Assembly
{
    private static readonly TemplatePart[] s_bareSingle = [TemplatePart.ForSequence(0, 0)];
    private static readonly TemplatePart[] s_barePair = [TemplatePart.ForSequence(0, 0), TemplatePart.ForSequence(1, 1)];

    /// <summary>The parts around a text or two.</summary>
    public static IReadOnlyList<TemplatePart> PartsOf(PostProcessor? processor, bool isPair) =>
        isPair ? processor?.Pair ?? s_barePair : processor?.Single ?? s_bareSingle;

    /// <summary>The number of special tokens that are added around a text or two.</summary>
    public static int SpecialCount(PostProcessor? processor, bool isPair) => PartsOf(processor, isPair).Sum(part => part.Ids.Length);

    /// <summary>
    /// Builds the encoding and its further windows: every window of the text that comes first with every window of the other, then the
    /// first window of the one with those of the other.
    /// </summary>
    public static TokenizedText Join(TokenizedText first, TokenizedText? second, PostProcessor? processor, bool addSpecialTokens)
    {
        if (processor?.Trimming is OffsetTrimming trimming) Trim(first, second, trimming);
        IReadOnlyList<TemplatePart> parts = PartsOf(processor, second is not null);
        SetTypes(parts, first, second, withWindows: processor is { TypesFurtherWindows: true });
        TokenizedText joined = Join(parts, first, second, addSpecialTokens);
        if (first.Overflow.Count == 0 && second is not { Overflow.Count: > 0 }) return joined;
        if (processor is null) ForgetSequences(second);
        List<TokenizedText> windows = [];
        foreach (TokenizedText window in first.Overflow)
        {
            windows.Add(Join(parts, window, second, addSpecialTokens));
            foreach (TokenizedText other in second?.Overflow ?? []) windows.Add(Join(parts, window, other, addSpecialTokens));
        }

        int withFirst = windows.Count;
        foreach (TokenizedText other in second?.Overflow ?? []) windows.Add(Join(parts, first, other, addSpecialTokens));
        if (processor is null) windows.GetRange(0, withFirst).ForEach(window => Array.Clear(window.SequenceIds));
        joined.Overflow = windows;
        return joined;
    }

    // The parts say the types of the first windows; in further ones most post-processors leave them as the texts are numbered.
    private static void SetTypes(IReadOnlyList<TemplatePart> parts, TokenizedText first, TokenizedText? second, bool withWindows)
    {
        foreach (TemplatePart part in parts)
        {
            if (part.IsSpecial) continue;
            TokenizedText sequence = part.Sequence == 0 ? first : second!;
            Array.Fill(sequence.TypeIds, part.TypeId);
            if (!withWindows) continue;
            foreach (TokenizedText window in sequence.Overflow) Array.Fill(window.TypeIds, part.TypeId);
        }
    }

    // Without a post-processor the reference forgets which text the tokens of further windows are of: beside a further window of the first
    // text all count as the first's, those of the second text beside the first window count as nobody's.
    private static void ForgetSequences(TokenizedText? second)
    {
        foreach (TokenizedText window in second?.Overflow ?? []) Array.Fill(window.SequenceIds, -1);
    }

    private static TokenizedText Join(IReadOnlyList<TemplatePart> parts, TokenizedText first, TokenizedText? second, bool addSpecialTokens)
    {
        int length = 0;
        foreach (TemplatePart part in parts) length += part.IsSpecial ? (addSpecialTokens ? part.Ids.Length : 0) : Of(part).Length;
        TokenizedText joined = new(length);
        int at = 0;
        foreach (TemplatePart part in parts)
        {
            if (!part.IsSpecial)
            {
                joined.CopyFrom(Of(part), 0, Of(part).Length, at);
                at += Of(part).Length;
                continue;
            }

            for (int i = 0; addSpecialTokens && i < part.Ids.Length; i++)
                WriteSpecial(joined, at++, part.Ids[i], part.Tokens[i], part.TypeId, attention: 1);
        }

        return joined;

        TokenizedText Of(TemplatePart part) => part.Sequence == 0 ? first : second!;
    }

    /// <summary>Writes a token that stands for no text.</summary>
    public static void WriteSpecial(TokenizedText encoding, int index, int id, string token, int typeId, int attention)
    {
        encoding.Ids[index] = id;
        encoding.Tokens[index] = token;
        encoding.TypeIds[index] = typeId;
        encoding.WordIds[index] = -1;
        encoding.SequenceIds[index] = -1;
        encoding.SpecialTokensMask[index] = 1;
        encoding.AttentionMask[index] = attention;
    }

    private static void Trim(TokenizedText first, TokenizedText? second, OffsetTrimming trimming)
    {
        foreach (TokenizedText? sequence in (ReadOnlySpan<TokenizedText?>)[first, second])
        {
            if (sequence is null) continue;
            trimming.Apply(sequence);
            foreach (TokenizedText window in sequence.Overflow) trimming.Apply(window);
        }
    }
}
