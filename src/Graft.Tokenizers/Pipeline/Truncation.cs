namespace Graft.Tokenizers.Pipeline;

/// <summary>Cuts the tokens of one text or two to a number of tokens, and keeps what is cut off as windows.</summary>
internal static class Truncation
{
    /// <summary>
    /// Cuts <paramref name="first"/> and <paramref name="second"/> so that together they have at most <paramref name="room"/> tokens.
    /// </summary>
    public static void Apply(ref TokenizedText first, ref TokenizedText? second, int room, EncodeOptions options)
    {
        int excess = first.Length + (second?.Length ?? 0) - room;
        if (excess <= 0) return;
        if (room == 0 || options.Truncation == TruncationStrategy.LongestFirst)
        {
            (int firstLength, int secondLength) = Share(first.Length, second?.Length ?? 0, room);
            first = Cut(first, second is null ? room : firstLength, options);
            if (second is not null) second = Cut(second, secondLength, options);
            return;
        }

        if (options.Truncation == TruncationStrategy.OnlyFirst)
        {
            first = CutBy(first, excess, "first", options);
            return;
        }

        if (second is null)
            throw new InputException("the strategy only_second was asked for a single text: there is no second one to truncate");
        second = CutBy(second, excess, "second", options);
    }

    // The shorter text is kept whole if possible; if both are longer than half, the longer one gets the odd token.
    private static (int First, int Second) Share(int first, int second, int room)
    {
        int shorter = Math.Min(first, second);
        int longer = shorter > room ? shorter : Math.Max(shorter, room - shorter);
        if (shorter + longer > room)
        {
            shorter = room / 2;
            longer = room - shorter;
        }

        return first > second ? (longer, shorter) : (shorter, longer);
    }

    private static TokenizedText CutBy(TokenizedText encoding, int excess, string which, EncodeOptions options)
    {
        if (encoding.Length <= excess)
        {
            throw new InputException(
                $"the {which} text has {encoding.Length} tokens and {excess} would have to go to respect MaxLength "
                    + $"{options.MaxLength}: allow more tokens or cut the longest first"
            );
        }

        return Cut(encoding, encoding.Length - excess, options);
    }

    private static TokenizedText Cut(TokenizedText encoding, int length, EncodeOptions options)
    {
        if (length >= encoding.Length) return encoding;
        if (length == 0) return new(0) { Overflow = [encoding] };
        if (options.Stride >= length)
        {
            throw new InputException(
                $"the stride {options.Stride} must be less than the {length} tokens that MaxLength {options.MaxLength} leaves for a "
                    + $"text beside the special tokens"
            );
        }

        List<TokenizedText> windows = [];
        int step = length - options.Stride;
        if (options.TruncationSide == Side.Right)
        {
            for (int start = 0; windows.Count == 0 || start - step + length < encoding.Length; start += step)
            {
                windows.Add(encoding.Slice(start, Math.Min(start + length, encoding.Length)));
            }
        }
        else
        {
            for (int end = encoding.Length; windows.Count == 0 || end + step - length > 0; end -= step)
            {
                windows.Add(encoding.Slice(Math.Max(0, end - length), end));
            }
        }

        windows[0].Overflow = windows[1..];
        return windows[0];
    }
}
