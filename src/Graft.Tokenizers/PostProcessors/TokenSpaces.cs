using System.Runtime.CompilerServices;
using Graft.Tokenizers.Pipeline;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.PostProcessors;

/// <summary>How many spaces a token begins and ends with.</summary>
internal readonly record struct SpaceCount(byte Leading, byte Trailing)
{
    // What a space looks like in a byte-level token.
    private const char ByteLevelSpace = 'Ġ';
    private const byte Most = byte.MaxValue - 1;

    /// <summary>Stands for tokens that only the text they were found in can tell of.</summary>
    public static SpaceCount AskText => new(byte.MaxValue, byte.MaxValue);

    public bool IsZero => (Leading | Trailing) == 0;

    public bool IsOneLeading => Leading == 1 && Trailing == 0;

    public bool IsAskText => Leading == byte.MaxValue;

    public static SpaceCount Of(ReadOnlySpan<char> token)
    {
        (int leading, int trailing) = In(token);
        return new((byte)Math.Min(leading, Most), (byte)Math.Min(trailing, Most));
    }

    /// <summary>Counts the spaces of any text.</summary>
    public static (int Leading, int Trailing) In(ReadOnlySpan<char> text)
    {
        int leading = 0, trailing = 0;
        while (leading < text.Length && IsSpace(text[leading])) leading++;
        while (trailing < text.Length && IsSpace(text[^(trailing + 1)])) trailing++;
        return (leading, trailing);
    }

    private static bool IsSpace(char unit) => unit == ByteLevelSpace || CodePoint.IsWhiteSpace(unit);
}

/// <summary>The spaces of each token, by id: what trimming asks for every token of every text.</summary>
internal sealed class TokenSpaces
{
    private readonly SpaceCount[] _counts;

    public TokenSpaces(TokenizerCore core)
    {
        _counts = new SpaceCount[core.IdEnd];
        for (int id = 0; id < _counts.Length; id++)
        {
            if (core.TokenOf(id) is string token) _counts[id] = SpaceCount.Of(token);
        }

        // Those that swallow white space differ from text to text.
        foreach (AddedToken token in core.AddedTokens.Where(token => token.LeftStrip || token.RightStrip))
            _counts[token.Id] = SpaceCount.AskText;
    }

    /// <summary>The spaces of a token.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SpaceCount Of(int id) => _counts[id];
}
