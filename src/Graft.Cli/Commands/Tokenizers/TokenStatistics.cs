using System.Globalization;

namespace Graft.Cli.Commands.Tokenizers;

/// <summary>What <c>--stats</c> prints: how well a vocabulary fits a text.</summary>
internal sealed class TokenStatistics(int? maxLength)
{
    private long _texts, _words, _tokens, _unknown, _truncated, _longest, _longestText;

    /// <summary>Adds a text.</summary>
    /// <param name="text">The text, for its words between white space.</param>
    /// <param name="tokens">The tokens, special ones not counted.</param>
    /// <param name="unknown">Those among them that are unknown.</param>
    /// <param name="special">The special tokens that are put around it.</param>
    public void Add(string text, int tokens, int unknown, int special)
    {
        _texts++;
        bool inWord = false;
        foreach (char unit in text)
        {
            bool isSpace = char.IsWhiteSpace(unit);
            if (!isSpace && !inWord) _words++;
            inWord = !isSpace;
        }

        _tokens += tokens;
        _unknown += unknown;
        if (tokens + special > maxLength) _truncated++;
        if (tokens + special <= _longest) return;
        _longest = tokens + special;
        _longestText = _texts;
    }

    public void Print()
    {
        static double Share(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
        Terminal.Log(string.Create(CultureInfo.InvariantCulture, $"texts            {_texts}"));
        Terminal.Log(string.Create(CultureInfo.InvariantCulture, $"words            {_words}"));
        Terminal.Log(string.Create(CultureInfo.InvariantCulture, $"tokens           {_tokens}"));
        Terminal.Log(string.Create(CultureInfo.InvariantCulture, $"tokens a word    {Share(_tokens, _words):F4}"));
        Terminal.Log(string.Create(CultureInfo.InvariantCulture, $"unknown          {Share(_unknown, _tokens):P4}"));
        Terminal.Log(
            maxLength is int length
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"truncated        {Share(_truncated, _texts):P2} of the texts are longer than {length} tokens"
                )
                : "truncated        none (no --max-length)"
        );
        Terminal.Log(
            string.Create(CultureInfo.InvariantCulture, $"longest text     {_longest} tokens with special ones (text {_longestText})")
        );
    }
}
