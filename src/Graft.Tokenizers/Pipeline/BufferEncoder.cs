using Graft.Tokenizers.PostProcessors;

namespace Graft.Tokenizers.Pipeline;

/// <summary>
/// Encodes a single text into a buffer of the caller's: special tokens, truncation, trimmed offsets, and not one allocation.
/// </summary>
internal sealed class BufferEncoder
{
    private readonly TokenizerCore _core;
    private readonly int[] _before;
    private readonly int[] _after;
    private readonly Lazy<TokenSpaces> _spaces;

    public BufferEncoder(TokenizerCore core)
    {
        IReadOnlyList<TemplatePart> parts = Assembly.PartsOf(core.PostProcessor, isPair: false);
        _core = core;
        _before = [.. parts.TakeWhile(part => part.IsSpecial).SelectMany(part => part.Ids)];
        _after = [.. parts.SkipWhile(part => part.IsSpecial).SelectMany(part => part.Ids)];
        _spaces = new(() => new(core));
    }

    /// <summary>Checks that the options ask for nothing that a buffer does not hold.</summary>
    public static void Check(EncodeOptions options)
    {
        options.Validate();
        if (options.Padding != PaddingMode.None || options.Stride > 0)
            throw new InputException("a buffer holds one text without padding or windows: encode without a buffer to have them");
        if (options.Offsets != OffsetUnit.Utf16)
            throw new InputException($"a buffer has offsets in UTF-16 units: encode without a buffer to have them as {options.Offsets}");
    }

    public void Encode(TextSession session, ReadOnlySpan<char> text, TokenBuffer tokens, EncodeOptions options)
    {
        (int[] before, int[] after) = options.AddSpecialTokens ? (_before, _after) : ([], []);
        tokens.Clear();
        tokens.AddSpecial(before);
        session.Encode(text, options.SplitSpecialTokens, tokens);

        // Where not even the special tokens fit nothing is cut, as elsewhere.
        int room = (options.MaxLength ?? int.MaxValue) - before.Length - after.Length;
        if (room >= 0 && tokens.Count - before.Length > room) tokens.Keep(before.Length, room, options.TruncationSide);
        if (tokens.WithOffsets && _core.PostProcessor?.Trimming is { } trimming) trimming.Apply(tokens, before.Length, text, _spaces.Value);
        tokens.AddSpecial(after);
    }
}
