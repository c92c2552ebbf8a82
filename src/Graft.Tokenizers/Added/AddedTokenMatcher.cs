using System.Buffers;
using Graft.Tokenizers.Text;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Added;

/// <summary>An added token found in a text, with the white space it swallows.</summary>
internal readonly record struct AddedTokenMatch(int Start, int End, AddedToken Token);

/// <summary>
/// Finds the leftmost, and there the longest, added token. A text without any first character of one costs a vectorized scan.
/// </summary>
internal sealed class AddedTokenMatcher
{
    private readonly AddedToken[] _tokens;
    private readonly CharTrie _trie = new();
    private readonly SearchValues<char> _firstUnits;

    /// <summary>Makes a matcher for tokens as they look in the text searched.</summary>
    public AddedTokenMatcher(IReadOnlyList<(string Look, AddedToken Token)> tokens)
    {
        _tokens = [.. tokens.Where(entry => entry.Look.Length > 0).Select(entry => entry.Token)];
        string[] looks = [.. tokens.Where(entry => entry.Look.Length > 0).Select(entry => entry.Look)];
        for (int i = 0; i < looks.Length; i++)
        {
            // Of two tokens that look the same the first one counts.
            _trie.Walk(looks[i], out int known);
            if (known == CharTrie.None) _trie.Add(looks[i], i);
        }

        _firstUnits = SearchValues.Create([.. looks.Select(look => look[0]).Distinct()]);
    }

    public bool IsEmpty => _tokens.Length == 0;

    /// <summary>Finds the next token at or after <paramref name="from"/>, which is where the last match ended.</summary>
    public bool Find(ReadOnlySpan<char> text, int from, bool splitSpecialTokens, out AddedTokenMatch match)
    {
        int search = from;
        while (FindLongest(text, search, out int start, out int end, out AddedToken? token))
        {
            search = end;
            if (splitSpecialTokens && token.Special) continue;
            if (token.SingleWord && !StandsAlone(text, start, end)) continue;
            if (token.LeftStrip) start = SkipSpaceBackwards(text, start, from);
            if (token.RightStrip) end = SkipSpace(text, end);
            match = new(start, end, token);
            return true;
        }

        match = default;
        return false;
    }

    private bool FindLongest(
        ReadOnlySpan<char> text,
        int from,
        out int start,
        out int end,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out AddedToken? token
    )
    {
        for (start = from; start < text.Length; start++)
        {
            int skipped = text[start..].IndexOfAny(_firstUnits);
            if (skipped < 0) break;
            start += skipped;
            int longest = CharTrie.None;
            end = start;
            int node = CharTrie.Root;
            for (int i = start; i < text.Length; i++)
            {
                node = _trie.Step(node, text[i], out int value);
                if (node == CharTrie.None) break;
                if (value == CharTrie.None) continue;
                longest = value;
                end = i + 1;
            }

            if (longest == CharTrie.None) continue;
            token = _tokens[longest];
            return true;
        }

        end = start;
        token = null;
        return false;
    }

    private static bool StandsAlone(ReadOnlySpan<char> text, int start, int end) =>
        (start == 0 || !CodePoint.IsWord(Utf16.Before(text, start, out _))) &&
        (end == text.Length || !CodePoint.IsWord(Utf16.At(text, end, out _)));

    private static int SkipSpaceBackwards(ReadOnlySpan<char> text, int start, int floor)
    {
        while (start > floor && CodePoint.IsWhiteSpace(text[start - 1])) start--;
        return start;
    }

    private static int SkipSpace(ReadOnlySpan<char> text, int end)
    {
        while (end < text.Length && CodePoint.IsWhiteSpace(text[end])) end++;
        return end;
    }
}
