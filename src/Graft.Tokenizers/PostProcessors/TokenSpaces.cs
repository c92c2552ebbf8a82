using Graft.Tokenizers.Pipeline;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.PostProcessors;

/// <summary>How many spaces each token begins and ends with, by id: what trimming asks for every token of every text.</summary>
internal sealed class TokenSpaces
{
    // What a space looks like in a byte-level token.
    private const char ByteLevelSpace = 'Ġ';

    // Of added tokens that swallow white space only the text they were found in can tell.
    private const byte AskText = byte.MaxValue;

    private readonly (byte Leading, byte Trailing)[] _counts;

    public TokenSpaces(TokenizerCore core)
    {
        _counts = new (byte, byte)[core.IdEnd];
        for (int id = 0; id < _counts.Length; id++)
        {
            if (core.TokenOf(id) is string token) _counts[id] = ((byte)Math.Min(Leading(token), AskText - 1), (byte)Math.Min(Trailing(token), AskText - 1));
        }

        foreach (AddedToken token in core.AddedTokens)
        {
            if (token.LeftStrip || token.RightStrip) _counts[token.Id] = (AskText, AskText);
        }
    }

    /// <summary>The spaces of a token; <paramref name="found"/> is the text it was found in.</summary>
    public (int Leading, int Trailing) Of(int id, ReadOnlySpan<char> found)
    {
        (byte leading, byte trailing) = _counts[id];
        return leading == AskText ? (Leading(found), Trailing(found)) : (leading, trailing);
    }

    public static int Leading(ReadOnlySpan<char> token)
    {
        int count = 0;
        while (count < token.Length && IsSpace(token[count])) count++;
        return count;
    }

    public static int Trailing(ReadOnlySpan<char> token)
    {
        int count = 0;
        while (count < token.Length && IsSpace(token[^(count + 1)])) count++;
        return count;
    }

    private static bool IsSpace(char unit) => unit == ByteLevelSpace || CodePoint.IsWhiteSpace(unit);
}
