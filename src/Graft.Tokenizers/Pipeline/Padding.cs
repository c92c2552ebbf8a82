namespace Graft.Tokenizers.Pipeline;

/// <summary>Makes the encodings of a batch equally long.</summary>
internal static class Padding
{
    /// <summary>Pads every encoding, and its further windows, as the options say.</summary>
    public static void Apply(TokenizedText[] batch, EncodeOptions options, Func<(int Id, string Token)> padToken)
    {
        if (options.Padding == PaddingMode.None)
            return;
        int length =
            options.Padding == PaddingMode.Fixed
                ? options.PadLength ?? options.MaxLength ?? 0
                : batch.Select(encoding => encoding.Length).DefaultIfEmpty().Max();
        if (options.PadToMultipleOf > 0)
            length = (length + options.PadToMultipleOf - 1) / options.PadToMultipleOf * options.PadToMultipleOf;
        (int id, string token) = padToken();
        for (int i = 0; i < batch.Length; i++) batch[i] = Pad(batch[i], length, options.PaddingSide, id, token);
    }

    private static TokenizedText Pad(TokenizedText encoding, int length, Side side, int id, string token)
    {
        TokenizedText padded = encoding;
        if (encoding.Length < length)
        {
            padded = new(length);
            int at = side == Side.Left ? length - encoding.Length : 0;
            padded.CopyFrom(encoding, 0, encoding.Length, at);
            for (int i = 0; i < length; i++)
            {
                if (i < at || i >= at + encoding.Length) Assembly.WriteSpecial(padded, i, id, token, typeId: 0, attention: 0);
            }
        }

        padded.Overflow = [.. encoding.Overflow.Select(window => Pad(window, length, side, id, token))];
        return padded;
    }
}
